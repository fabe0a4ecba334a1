"""When a rule would have fired: its condition and its state machine over history, without storing anything.

Metrics of predictions come as counters by minute (from rollups, or from columns when filtered) that are added
up over the sliding window; every other metric is asked at each step, at most `MOST_READS` times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from verascope import clock
from verascope.alerts.evidence import Found, Read, Reads, evidence_of, reads_of
from verascope.alerts.judge import Evidence, judge
from verascope.alerts.rule import Rule
from verascope.alerts.sources import Sources
from verascope.alerts.state import ALARMING, State, advanced
from verascope.clock import DAY, HOUR, MINUTE, US, Grain, Range
from verascope.metrics import METRICS
from verascope.queries.counts import Wanted, value_of
from verascope.queries.rows import Cell
from verascope.queries.run import Answers
from verascope.store.tables import tenants

MAX_DAYS = 90
MOST_STEPS = 2_500
MOST_READS = 240
SERIES_POINTS = 500


@dataclass(frozen=True, slots=True)
class Episode:
    """ended_us: None when it was still open at the end. peak: the value furthest from fine."""

    subject: str
    started_us: int
    ended_us: int | None
    peak: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """series: (instant, value) of the rule's own number, thinned out for a picture. limit: the last one known."""

    days: int
    evaluations: int
    step_seconds: int
    episodes: tuple[Episode, ...]
    series: tuple[tuple[int, float | None], ...]
    limit: float | None
    note: str


def backtest(
    connection: Connection,
    tenant_id: int,
    rule: Rule,
    days: int,
    now_us: int,
    sources: Sources,
    answers: Answers,
) -> Backtest:
    """The episodes of the last `days` days. Durations of the rule are kept to the width of a step."""
    zone = clock.zone(
        connection.execute(
            select(tenants.c.time_zone).where(tenants.c.tenant_id == tenant_id)
        ).scalar_one()
    )
    entry = METRICS.get(rule.metric)
    is_counted = entry is not None and entry.is_counted
    most = MOST_STEPS if is_counted else MOST_READS
    step = max(MINUTE, -(-days * DAY // most // MINUTE) * MINUTE)
    moments = list(range(now_us - days * DAY * US, now_us + 1, step * US))
    reads = [reads_of(rule, moment, zone) for moment in moments]
    if is_counted:
        found = _counted(answers, tenant_id, rule, reads, zone)
        how = "counted from summaries"
    else:
        wanted = list(dict.fromkeys(one for read in reads for one in read.all()))
        found = sources.read(connection, tenant_id, wanted)
        how = "asked at each step"
    return _walked(rule, days, step, moments, reads, found, sources, how)


def _walked(
    rule: Rule,
    days: int,
    step: int,
    moments: Sequence[int],
    reads: Sequence[Reads],
    found: Mapping[Read, Found],
    sources: Sources,
    how: str,
) -> Backtest:
    metric = sources.metrics.get(rule.metric)
    states: dict[str, State] = {}
    open_since: dict[str, tuple[int, float | None]] = {}
    episodes: list[Episode] = []
    series: list[tuple[int, float | None]] = []
    limit: float | None = None
    for moment, read in zip(moments, reads, strict=True):
        evidence = evidence_of(metric, read, found)
        values: list[float] = []
        for subject in {**states, **evidence} or {"": None}:
            judgement = judge(rule, evidence.get(subject, Evidence(None)))
            if judgement.limit is not None:
                limit = judgement.limit
            if judgement.value is not None:
                values.append(judgement.value)
            before = states.get(subject, State(since_us=moment))
            state = states[subject] = advanced(rule, before, judgement, moment)
            if state.phase in ALARMING:
                since, peak = open_since.get(subject, (moment, judgement.value))
                open_since[subject] = (since, _further(rule, peak, judgement.value))
            elif subject in open_since:
                since, peak = open_since.pop(subject)
                episodes.append(Episode(subject, since, moment, peak))
        series.append((moment, max(values) if values else None))
    episodes += [Episode(one, since, None, peak) for one, (since, peak) in open_since.items()]
    note = f"Evaluated every {_shown(step)}, {how}; durations are kept to that width."
    return Backtest(
        days, len(moments), step, tuple(sorted(episodes, key=lambda one: one.started_us)),
        tuple(_thinned(series)), limit, note,
    )  # fmt: skip


def _further(rule: Rule, peak: float | None, value: float | None) -> float | None:
    if peak is None or value is None:
        return value if peak is None else peak
    is_below = getattr(rule.condition, "side", None) == "below"
    return min(peak, value) if is_below else max(peak, value)


def _thinned(series: Sequence[tuple[int, float | None]]) -> list[tuple[int, float | None]]:
    """At most SERIES_POINTS points; of those put together, the highest."""
    width = -(-len(series) // SERIES_POINTS)
    found = []
    for start in range(0, len(series), width):
        part = series[start : start + width]
        known = [value for _, value in part if value is not None]
        found.append((part[0][0], max(known) if known else None))
    return found


def _shown(seconds: int) -> str:
    return f"{seconds // MINUTE} minute{'s' if seconds > MINUTE else ''}"


def _counted(
    answers: Answers, tenant_id: int, rule: Rule, reads: Sequence[Reads], zone: ZoneInfo
) -> dict[Read, Found]:
    """Every read from one series of counters, by sums over prefixes."""
    every = list(dict.fromkeys(one for read in reads for one in read.all()))
    grain = _grain(rule)
    start = min(one.range.start_us for one in every)
    end = max(one.range.end_us for one in every)
    span = Range(
        clock.floor(start, grain, zone) * US,
        clock.following(clock.floor(end - 1, grain, zone), grain, zone) * US,
    )
    filters = tuple(sorted(rule.filters.items()))
    cells = answers.count_series(tenant_id, Wanted(rule.metric, span, filters), grain)
    buckets = sorted(cells)
    if METRICS[rule.metric].quantile is None:
        prefixes = _prefixes(buckets, cells)
        return {one: {"": _summed(rule.metric, one, buckets, prefixes)} for one in every}
    return {one: {"": _merged(rule.metric, one, buckets, cells)} for one in every}


def _grain(rule: Rule) -> Grain:
    """Minutes where they are cheap: unfiltered counters have rollups by minute, percentiles only by hour."""
    is_quantile = METRICS[rule.metric].quantile is not None
    return Grain.HOUR if is_quantile and rule.window_seconds >= HOUR else Grain.MINUTE


def _prefixes(buckets: Sequence[int], cells: Mapping[int, Cell]) -> list[dict[str, int]]:
    """The sum of all cells before each place, and after the last."""
    total: dict[str, int] = {}
    found: list[dict[str, int]] = [total]
    for bucket in buckets:
        total = dict(total)
        for name, n in cells[bucket].parts.items():
            total[name] = total.get(name, 0) + n
        found.append(total)
    return found


def _within(one: Read, buckets: Sequence[int]) -> tuple[int, int]:
    first = bisect_left(buckets, one.range.start_us // US)
    return first, bisect_right(buckets, one.range.end_us // US - 1)


def _summed(
    metric: str,
    one: Read,
    buckets: Sequence[int],
    prefixes: Sequence[Mapping[str, int]],
) -> tuple[float | None, int]:
    if not buckets or one.range.end_us // US <= buckets[0]:
        return None, 0
    first, last = _within(one, buckets)
    parts = {name: n - prefixes[first].get(name, 0) for name, n in prefixes[last].items()}
    return value_of(metric, Cell(parts, {}), int(one.range.seconds))


def _merged(
    metric: str, one: Read, buckets: Sequence[int], cells: Mapping[int, Cell]
) -> tuple[float | None, int]:
    first, last = _within(one, buckets)
    whole = Cell({}, {})
    for bucket in buckets[first:last]:
        whole.add(cells[bucket])
    return value_of(metric, whole, int(one.range.seconds))
