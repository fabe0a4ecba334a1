"""The default rules: what the documents say, what the settings hold, and that a fresh start is calm."""

from pathlib import Path
from typing import assert_never

import pytest

from tests.alerts.watch import Watch
from verascope import config
from verascope.alerts import rule_json
from verascope.alerts.defaults import SETTING_OF, defaults, fixed_by
from verascope.alerts.rule import BurnRate, Change, Rule, Seasonal, Threshold
from verascope.alerts.rule_store import ANY
from verascope.clock import DAY, HOUR, MINUTE
from verascope.config import Settings, Thresholds

ROOT = Path(__file__).resolve().parents[2]


def duration(seconds: int) -> str:
    for width, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds and seconds % width == 0:
            return f"{seconds // width} {name}"
    return f"{seconds} s" if seconds else "at once"


def in_words(rule: Rule) -> str:
    condition = rule.condition
    match condition:
        case Threshold():
            recovery = condition.limit if condition.recovery is None else condition.recovery
            return f"{condition.side.value} {condition.limit:g}; fine at {recovery:g}"
        case Change():
            sign = "+" if condition.side == "above" else "−"
            return f"{sign}{condition.percent:g} % against the window before"
        case Seasonal():
            return f"{condition.k:g} deviations {condition.side.value} the usual"
        case BurnRate():
            short = duration(condition.short_seconds)
            return (
                f"budget of {condition.objective:g} % burns {condition.factor:g}×, in {short} too; "
                f"{condition.min_bad} bad events"
            )
        case _:
            assert_never(condition)


def table_row(rule: Rule) -> list[str]:
    return [
        f"`{rule.name}`",
        f"`{rule.metric}`",
        rule.severity.value,
        in_words(rule),
        duration(rule.window_seconds),
        duration(rule.for_seconds),
        duration(rule.recover_seconds),
        f"{rule.min_samples} samples" if rule.min_samples else "",
    ]


def test_the_document_has_every_default_rule_as_it_is() -> None:
    lines = (ROOT / "docs" / "alerts.md").read_text("utf-8").splitlines()
    shown = [line for line in lines if line.startswith("| `") and line.count("|") == 9]
    assert shown == ["| " + " | ".join(table_row(rule)) + " |" for rule in defaults(Settings())]


def test_default_rules_are_rules_that_the_api_would_take() -> None:
    rules = defaults(Settings())
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule_json.parse(rule_json.to_json(rule), {rule.metric: ANY}) == rule


def test_the_briefs_thresholds_are_the_limits() -> None:
    by_name = {rule.name: rule for rule in defaults(Settings())}
    limits = {name: by_name[name].condition.limit for name in SETTING_OF}  # type: ignore[union-attr]
    assert limits == {
        "cpu_usage": 80, "memory_usage": 80, "error_rate": 5, "response_time": 2000, "accuracy_drop": 10,
    }  # fmt: skip


def test_another_limit_keeps_the_proportion_of_its_recovery() -> None:
    changed = Settings(thresholds=Thresholds(error_rate=10))
    (rule,) = [one for one in defaults(changed) if one.name == "error_rate"]
    assert rule.condition == Threshold(rule.condition.side, 10, pytest.approx(9))  # type: ignore[union-attr, arg-type]


def test_what_the_file_or_the_environment_fixes_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "monitoring.json").write_text('{"cpu_usage": 70}')
    settings = config.load(
        {"VERASCOPE_HOME": str(tmp_path), "VERASCOPE_THRESHOLDS_ERROR_RATE": "7"}
    )
    assert fixed_by("cpu_usage", settings) == "config/monitoring.json"
    assert fixed_by("error_rate", settings) == "VERASCOPE_THRESHOLDS_ERROR_RATE"
    assert fixed_by("memory_usage", settings) is None
    assert fixed_by("disk_space", settings) is None


def test_a_fresh_start_is_calm(watch: Watch) -> None:
    """Nothing was measured yet, or a few good predictions: no alert, and nothing in the history."""
    watch.evaluate()
    watch.minutes(5, good=1)
    assert set(watch.phases().values()) <= {"ok", "no-data"}
    assert watch.episodes() == []


def test_other_tenants_are_not_told_of_the_machine(watch: Watch) -> None:
    watch.evaluate()
    assert not {"cpu_usage", "disk_space", "network"} & {rule for rule, _ in watch.phases()}
