"""The laws of the numbers, for any sequence of predictions in any zone, against a plain loop over the rows."""

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.predictions import make
from tests.queries import brute_force
from tests.queries.house import MIN_LABELS, House, at
from verascope import clock
from verascope.clock import DAY, HOUR, US, Grain, Range
from verascope.metrics import DIMENSIONS, MEASURES, METRICS, wilson
from verascope.queries import result
from verascope.queries.plan import Piece, Plan, Source, plan
from verascope.queries.query import Query, parse
from verascope.queries.reader import Reader
from verascope.queries.result import Question, Result
from verascope.queries.span import Span, resolve
from verascope.records import ImageFacts, Outcome, Prediction

pytestmark = pytest.mark.slow

laws = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PLACES = [
    ("UTC", "2026-03-29T00:00:00Z"),
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/Santiago", "2026-09-06T04:00:00Z"),
    ("America/Santiago", "2026-04-05T03:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Asia/Kathmandu", "2026-05-01T18:15:00Z"),
]
"""Zones, and an instant worth being around: a shift of the clocks, or a midnight off the hour."""


@dataclasses.dataclass(frozen=True)
class Case:
    zone: ZoneInfo
    now_us: int
    predictions: list[Prediction]
    question: dict[str, Any]


@st.composite
def instants(draw: st.DrawFn, around: int) -> int:
    """Near `around`, at its very edge, or days away; half of them on round minutes."""
    near = draw(st.sampled_from([0, 90 * 60, 5 * HOUR, 3 * DAY]))
    moment = around + draw(st.integers(-near * US, near * US))
    return (
        moment - moment % (draw(st.sampled_from([1, 60, 1800])) * US)
        if draw(st.booleans())
        else moment
    )


images = st.builds(
    ImageFacts,
    st.just("0" * 64),
    st.sampled_from([0, 99_999, 100_000, 250_000, 9_999_999, 10_000_000]),
    st.sampled_from(["JPEG", "PNG", None]),
)


@st.composite
def predictions(draw: st.DrawFn, around: int) -> Prediction:
    outcome = draw(st.sampled_from(Outcome))
    client = draw(st.sampled_from(["acme", "Müller & Söhne", "a'; --", "b"]))
    changes: dict[str, Any] = {
        "timestamp_us": draw(instants(around)),
        "client": client,
        "client_key": client,
        "country": draw(st.sampled_from(["DE", "US", "unknown"])),
        "use_case": draw(st.sampled_from(["kyc", "unspecified"])),
        "image": draw(st.none() | images),
        "model_version": draw(st.sampled_from(["v1", "v2", None])),
        "response_us": draw(st.none() | st.integers(0, 10**7)),
        "label": draw(st.sampled_from([None, "real", "fake"])),
    }
    if outcome is Outcome.FAILED:
        pattern = draw(st.sampled_from(["truncated", "empty"]))
        return make(outcome, **changes, error_message=pattern, error_pattern=pattern)
    fake = draw(st.integers(0, 100_000))
    return make(
        outcome,
        **changes,
        fake_probability_mpct=fake,
        confidence_mpct=max(fake, 100_000 - fake),
        inference_us=draw(st.none() | st.integers(0, 10**8)),
        price_micros=draw(st.sampled_from([50_000, 1, 0, 123_457])),
    )


@st.composite
def ranges(draw: st.DrawFn, around: int) -> dict[str, object]:
    kind = draw(st.sampled_from(["days", "hours", "minutes", "between", "all"]))
    match kind:
        case "all":
            return {"all": True}
        case "between":
            edges = sorted({draw(instants(around)) for _ in range(2)})
            start, end = edges if len(edges) == 2 else (edges[0], edges[0] + 1)
            return {"start": clock.to_iso(start), "end": clock.to_iso(end)}
        case _:
            return {kind: draw(st.integers(1, {"days": 8, "hours": 60, "minutes": 200}[kind]))}


VALUES = {
    "client": ["acme", "Müller & Söhne", "a'; --", "b", "nobody"],
    "country": ["DE", "US", "unknown"],
    "model": ["v1", "v2", "unknown"],
    "use_case": ["kyc", "unspecified"],
    "error_pattern": ["truncated", "empty"],
    "outcome": ["real", "fake", "uncertain", "failed"],
    "image_format": ["JPEG", "PNG", "unknown", "BMP"],
    "file_size": ["under 100 kB", "100 to 250 kB", "10 MB or more", "unknown"],
    "weekday_hour": [f"{day}-{hour:02d}" for day in (6, 7, 1) for hour in (0, 1, 2, 23)],
}

COUNTS = ["total_predictions", "failed_predictions", "success_rate", "throughput_per_hour"]
SUMS = [name for name, metric in METRICS.items() if metric.quantile is None]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, text = draw(st.sampled_from(PLACES))
    around = at(text)
    found = draw(st.lists(predictions(around), max_size=30))
    dimensions = draw(st.lists(st.sampled_from(list(DIMENSIONS)), max_size=2, unique=True))
    filtered = draw(st.lists(st.sampled_from(list(DIMENSIONS)), max_size=2, unique=True))
    if draw(st.booleans()):
        filtered = [name for name in filtered if name in dimensions]
    asked = draw(ranges(around))
    interval = draw(st.sampled_from([None, "hour", "day"]))
    if asked.keys() & {"hours", "minutes"} and draw(st.booleans()):
        interval = "minute" if "minutes" in asked else interval
    metrics = draw(st.sampled_from([COUNTS, SUMS, list(METRICS)]))
    question: dict[str, Any] = {
        "metrics": metrics,
        "dimensions": dimensions,
        "filters": {
            name: draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True))
            for name in filtered
        },
        "range": asked,
        "interval": interval,
        "compare": None
        if "all" in asked
        else draw(st.sampled_from([None, "previous", "weekdays"])),
        "histograms": draw(st.lists(st.sampled_from(list(MEASURES)), max_size=2, unique=True)),
        "order_by": draw(
            st.none() | st.sampled_from(["-revenue", "success_rate", "-total_predictions"])
        ),
        "limit": draw(st.sampled_from([1, 2, 12])),
    }
    if question["order_by"] not in [None, *metrics, *(f"-{name}" for name in metrics)]:
        question["order_by"] = None
    return Case(
        ZoneInfo(zone), around + draw(st.integers(-DAY * US, 2 * DAY * US)), found, question
    )


def ask(house: House, case: Case) -> tuple[int, Query, Span, Result]:
    tenant_id = house.tenant(case.zone.key)
    house.now_us = case.now_us
    house.add_all(dataclasses.replace(p, tenant_id=tenant_id) for p in case.predictions)
    query = parse(case.question)
    moments = [p.timestamp_us for p in case.predictions]
    reach = Range(min(moments), max(moments) + 1) if moments else None
    span = resolve(query, case.zone, case.now_us, reach)
    return tenant_id, query, span, house.answers.answer(tenant_id, query)


def check_values(values: dict[str, Any], of: list[Prediction], seconds: int) -> None:
    """Counts and money are equal, ratios too up to the last bits of a float, percentiles within 2 %."""
    expected = brute_force.metrics(of, seconds)
    if "peak_load" in values:
        n, minute = brute_force.peak(of)
        at_us = None if minute is None else clock.to_iso(minute * US)
        assert (values["peak_load"], values["peak_load_at"]) == (n, at_us)
    if "accuracy" in values:
        right, judged = brute_force.judged(of)
        assert values["accuracy_n"] == judged
        ends = (values["accuracy_low"], values["accuracy_high"])
        if judged < MIN_LABELS:
            assert ends == (None, None)
        else:
            assert ends[0] <= values["accuracy"] <= ends[1]
            assert ends == dataclasses.astuple(wilson(right, judged))
    for name in values.keys() & METRICS.keys():
        value = values[name]
        if name in brute_force.QUANTILES:
            exact = brute_force.nearest_rank_us(of, brute_force.QUANTILES[name])
            assert (value is None) == (exact is None)
            if exact is not None:
                assert value * 1000 == pytest.approx(exact, rel=0.02)
        elif isinstance(expected[name], Fraction):
            assert value == pytest.approx(float(expected[name]), rel=1e-12), name
        elif isinstance(expected[name], Decimal):
            assert Decimal(value) == expected[name], name
            assert len(value.split(".")[1]) == 6
        else:
            assert value == expected[name], name


def check_histograms(case: Case, histograms: list[dict[str, Any]], of: list[Prediction]) -> None:
    """Every measured prediction is in exactly one bin, between its edges, of each group it belongs to."""
    for one in histograms:
        mine = [p for p in of if one["group"].items() <= brute_force.keys_of(p, case.zone).items()]
        values = [
            value for p in mine if (value := brute_force.measured(p, one["measure"])) is not None
        ]
        assert one["n"] == len(values) == sum(bin_["n"] for bin_ in one["bins"])
        for bin_ in one["bins"]:
            assert bin_["n"] == sum(
                brute_force.is_in_bin(value, one["measure"], bin_) for value in values
            ), bin_
        edges = [(bin_["from"], bin_["to"]) for bin_ in one["bins"]]
        assert all(before[1] == after[0] for before, after in pairwise(edges))


def check_side(case: Case, side: dict[str, Any], of: list[Prediction], span: Range) -> None:
    check_values(side["totals"], of, passed_seconds(span, case.now_us))
    check_rows(case, side["rows"], of, span)
    check_histograms(case, side["histograms"], of)
    if side["groups"] is not None:
        question = {**case.question, "interval": None}
        check_rows(dataclasses.replace(case, question=question), side["groups"], of, span)


def passed_seconds(span: Range, now_us: int) -> int:
    return max(0, min(span.end_us, now_us) - span.start_us) // US


def check_rows(case: Case, rows: list[dict[str, Any]], of: list[Prediction], span: Range) -> None:
    dimensions = case.question["dimensions"]
    keys_of = partial(brute_force.keys_of, zone=case.zone)
    interval = case.question["interval"]
    for row in rows:
        mine = [p for p in of if all(keys_of(p)[name] == row[name] for name in dimensions)]
        seconds = passed_seconds(span, case.now_us)
        if interval is not None:
            bucket = at(row["bucket"]) // US
            grain = Grain(interval)
            mine = [p for p in mine if clock.floor(p.timestamp_us, grain, case.zone) == bucket]
            end = clock.following(bucket, grain, case.zone) * US
            part = Range(max(span.start_us, bucket * US), min(end, span.end_us))
            seconds = passed_seconds(part, case.now_us)
        check_values(row, mine, seconds)


@laws
@given(case=cases())
def test_every_number_equals_a_plain_loop_over_the_rows(house: House, case: Case) -> None:
    _, _, span, answer = ask(house, case)
    of = brute_force.matching(case.predictions, span.range, case.question["filters"], case.zone)
    check_side(case, answer, of, span.range)
    if span.previous is not None:
        filters = case.question["filters"]
        before = brute_force.matching(case.predictions, span.previous, filters, case.zone)
        check_side(case, answer["compare"], before, span.previous)


@laws
@given(case=cases())
def test_the_range_before_is_compared_group_by_group(house: House, case: Case) -> None:
    _, _, span, answer = ask(house, case)
    if span.previous is None or not case.question["dimensions"]:
        return
    names = case.question["dimensions"]

    def groups(rows: list[dict[str, Any]]) -> list[list[object]]:
        return [[row[name] for name in names] for row in rows]

    if case.question["interval"] is None:
        assert groups(answer["rows"]) == groups(answer["compare"]["rows"])
    else:
        assert groups(answer["groups"]) == groups(answer["compare"]["groups"])


@laws
@given(case=cases())
def test_outcomes_add_up_to_the_total_in_every_row(house: House, case: Case) -> None:
    outcomes = ["real", "fake", "uncertain", "failed"]
    names = ["total_predictions", *(f"{outcome}_predictions" for outcome in outcomes)]
    question = {**case.question, "metrics": names, "order_by": None}
    _, _, _, answer = ask(house, dataclasses.replace(case, question=question))
    for values in [answer["totals"], *answer["rows"]]:
        assert values["total_predictions"] == sum(values[name] for name in names[1:])


@laws
@given(case=cases())
def test_rows_and_other_add_up_to_the_totals(house: House, case: Case) -> None:
    if not case.question["dimensions"] and case.question["interval"] is None:
        return
    _, _, _, answer = ask(house, case)
    counted = [name for name in case.question["metrics"] if METRICS[name].unit in ("count", "USD")]
    for name in counted:
        shown = sum(Decimal(row[name]) for row in answer["rows"])
        rest = Decimal(answer["other"][name]) if answer["other"] else 0
        assert shown + rest == Decimal(answer["totals"][name]), name


@laws
@given(case=cases())
def test_rollups_columns_and_rows_give_the_same_answer(house: House, case: Case) -> None:
    tenant_id, query, span, answer = ask(house, case)
    whole = Range(
        clock.floor(span.range.start_us, Grain.MINUTE, case.zone) * US,
        clock.floor(span.range.end_us, Grain.MINUTE, case.zone) * US,
    )
    sources = [(Source.ROWS, None)]
    if whole == span.range:
        sources.append((Source.COLUMNS, None))
    for source, grain in sources:
        pieces = (Piece(source, grain, span.range),)
        histograms = tuple((measure, pieces) for measure in query.histograms)
        forced = Plan(Source.COLUMNS, "all", pieces, pieces, "forced", pieces, histograms)
        previous = None if span.previous is None else plan(query, span.previous, case.zone)
        with house.columns.reading() as facts, house.database.reading() as connection:
            reader = Reader(connection, facts, tenant_id, case.zone, 90.0, MIN_LABELS)
            other = result.build(reader, Question(query, span, forced, previous))
        assert {**other, "source": ""} == {**answer, "source": ""}


@laws
@given(case=cases())
def test_buckets_up_to_now_are_all_there_and_none_twice(house: House, case: Case) -> None:
    question = {**case.question, "interval": case.question["interval"] or "hour", "dimensions": []}
    _, _, span, answer = ask(house, dataclasses.replace(case, question=question))
    found = [row["bucket"] for row in answer["rows"]]
    grain = Grain(question["interval"])
    until = min(span.range.end_us, case.now_us + 1)
    # Nothing is due of a range that lies in the future.
    passed = Range(span.range.start_us, max(until, span.range.start_us))
    due = clock.buckets(passed, grain, case.zone) if passed.seconds > 0 else []
    assert found == sorted(set(found))
    assert found[: len(due)] == [clock.to_iso(bucket * US) for bucket in due]


def test_the_zones_of_the_laws_do_shift_where_they_say() -> None:
    for name, text in PLACES[1:-1]:
        moment = datetime.fromisoformat(text).astimezone(ZoneInfo(name))
        before, after = moment - timedelta(hours=30), moment + timedelta(hours=30)
        assert before.utcoffset() != after.utcoffset(), name
