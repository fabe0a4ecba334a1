"""The rules there are on first start, and which of their limits the settings hold.

docs/alerts.md shows them as a table; a test compares the two.
"""

from dataclasses import replace

from verascope import config
from verascope.alerts.rule import BurnRate, Change, NoData, Rule, Seasonal, Side, Threshold
from verascope.clock import DAY, HOUR, MINUTE
from verascope.config import Settings
from verascope.records import Severity

SETTING_OF = {
    name: f"thresholds.{name}"
    for name in ("cpu_usage", "memory_usage", "error_rate", "response_time", "accuracy_drop")
}
"""Rule → the setting that holds its limit. There is one such number, whether it is edited there or in the rule."""

RECOVERY = 0.9
"""Where the brief's thresholds are fine again, as a share of the limit."""

MACHINE = frozenset({"system"})
"""Groups about the machine, watched for the default tenant only."""


def defaults(settings: Settings) -> tuple[Rule, ...]:
    """Every default rule, with the limits that the settings hold."""
    return tuple(with_setting(rule, settings) for rule in _RULES)


def with_setting(rule: Rule, settings: Settings) -> Rule:
    """`rule` with its limit from the settings, if they hold it."""
    name = SETTING_OF.get(rule.name)
    if name is None:
        return rule
    limit = float(config.value_of(settings, name))
    condition = rule.condition
    if not isinstance(condition, Threshold):
        return rule if name not in settings.origins else _limited(rule, limit, None)
    if condition.limit == limit:
        return rule
    recovery = condition.recovery
    if recovery is not None and condition.limit:
        # The distance between limit and recovery keeps its proportion.
        recovery = recovery / condition.limit * limit
    return _limited(rule, limit, recovery)


def _limited(rule: Rule, limit: float, recovery: float | None) -> Rule:
    return replace(rule, condition=Threshold(Side.ABOVE, limit, recovery))


def fixed_by(rule: str, settings: Settings) -> str | None:
    """The file or variable that fixes a rule's limit, None when it can be edited."""
    origin = settings.origins.get(SETTING_OF.get(rule, ""))
    return None if origin is None else origin.where


def _above(limit: float, recovery: float | None = None) -> Threshold:
    return Threshold(Side.ABOVE, limit, recovery)


_CRITICAL, _WARNING, _INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO

_RULES = (
    Rule(
        "cpu_usage", "system", "cpu_usage", _WARNING, _above(80, 80 * RECOVERY), 5 * MINUTE,
        "High processor use", for_seconds=5 * MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "memory_usage", "system", "memory_usage", _WARNING, _above(80, 80 * RECOVERY), 5 * MINUTE,
        "High memory use", for_seconds=5 * MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "disk_space", "system", "disk_usage", _WARNING, _above(90, 88), 5 * MINUTE,
        "Disk space runs low", for_seconds=5 * MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "disk_full", "system", "disk_usage", _CRITICAL, _above(97, 95), 2 * MINUTE,
        "The disk is nearly full", for_seconds=MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "network", "system", "connectivity", _CRITICAL, Threshold(Side.BELOW, 90, 100), 5 * MINUTE,
        "Own endpoints or name resolution fail", for_seconds=2 * MINUTE, recover_seconds=5 * MINUTE,
    ),
    Rule(
        "probe_down", "system", "probe_failures_in_a_row", _CRITICAL, _above(2, 0), 15 * MINUTE,
        "A probe fails", recover_seconds=MINUTE,
    ),
    Rule(
        "heartbeat_late", "system", "heartbeat_late", _CRITICAL, _above(0), 5 * MINUTE,
        "A heartbeat is late",
    ),
    Rule(
        "certificate_expiry", "system", "certificate_days", _WARNING, Threshold(Side.BELOW, 14), 1 * DAY,
        "A certificate expires soon",
    ),
    Rule(
        "event_loop_lag", "system", "event_loop_lag_ms", _WARNING, _above(1000, 500), 5 * MINUTE,
        "The server answers sluggishly", for_seconds=5 * MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "queue_depth", "system", "queue_depth", _WARNING, _above(5000, 1000), 2 * MINUTE,
        "Predictions wait to be recorded", for_seconds=2 * MINUTE, recover_seconds=5 * MINUTE, min_samples=3,
    ),
    Rule(
        "response_time", "performance", "avg_response_time", _WARNING, _above(2000, 2000 * RECOVERY),
        5 * MINUTE, "Slow responses", for_seconds=2 * MINUTE, recover_seconds=5 * MINUTE, min_samples=10,
    ),
    Rule(
        "slow_inference", "performance", "inference_time_p95", _WARNING, _above(2000, 1800), 15 * MINUTE,
        "One in twenty images takes long", for_seconds=5 * MINUTE, recover_seconds=5 * MINUTE, min_samples=20,
    ),
    Rule(
        "error_rate", "performance", "error_rate", _CRITICAL, _above(5, 5 * RECOVERY), 5 * MINUTE,
        "High error rate", for_seconds=MINUTE, recover_seconds=5 * MINUTE, min_samples=20,
    ),
    Rule(
        "slo_burn", "performance", "error_rate", _CRITICAL, BurnRate(99, 14.4, 5 * MINUTE, 10), HOUR,
        "The error budget of 99 % burns fast",
    ),
    Rule(
        "slo_burn_slow", "performance", "error_rate", _WARNING, BurnRate(99, 6, 30 * MINUTE, 20), 6 * HOUR,
        "The error budget of 99 % burns steadily",
    ),
    Rule(
        "accuracy_drop", "performance", "accuracy_drop", _WARNING, _above(10, 10 * RECOVERY), 7 * DAY,
        "Accuracy fell below the model's benchmark", min_samples=30,
    ),
    Rule(
        "known_answer", "performance", "known_answer_shift", _WARNING, _above(10, 5), HOUR,
        "A detector answers a known image differently",
    ),
    Rule(
        "new_error_pattern", "performance", "new_error_patterns", _INFO, _above(0), HOUR,
        "A new kind of error", no_data=NoData.FINE,
    ),
    Rule(
        "regressed_error_pattern", "performance", "regressed_error_patterns", _WARNING, _above(0), HOUR,
        "A resolved error came back", no_data=NoData.FINE,
    ),
    Rule(
        "usage_spike", "business", "total_predictions", _WARNING, Seasonal(Side.ABOVE, k=6), HOUR,
        "Unusually much traffic", for_seconds=5 * MINUTE, recover_seconds=10 * MINUTE, min_samples=100,
    ),
    Rule(
        "usage_surge", "business", "total_predictions", _INFO, Change(Side.ABOVE, 400, 200), HOUR,
        "Five times the traffic of the hour before", recover_seconds=10 * MINUTE, min_samples=500,
    ),
    Rule(
        "usage_silence", "business", "total_predictions", _WARNING, Seasonal(Side.BELOW, k=6), HOUR,
        "Unusually little traffic", for_seconds=5 * MINUTE, recover_seconds=10 * MINUTE,
    ),
    Rule(
        "fraud_pattern", "business", "near_duplicate_fakes", _CRITICAL, _above(9), HOUR,
        "The same fake comes again and again", no_data=NoData.FINE,
    ),
    Rule(
        "fraud_campaign", "business", "near_duplicate_fake_clients", _CRITICAL, _above(2), HOUR,
        "The same fake comes from several clients", no_data=NoData.FINE,
    ),
    Rule(
        "fraud_share", "business", "high_confidence_fake_share", _WARNING, Seasonal(Side.ABOVE, k=6), HOUR,
        "Unusually many high-confidence fakes", for_seconds=5 * MINUTE, recover_seconds=10 * MINUTE,
        min_samples=50,
    ),
    Rule(
        "revenue_milestone", "business", "revenue_milestones", _INFO, _above(0), 1 * DAY,
        "A revenue milestone was reached", no_data=NoData.FINE,
    ),
)  # fmt: skip
