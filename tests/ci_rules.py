"""Which tests count where, and how often.

In continuous integration a skipped test is a failed one, unless it needs the image sets beside the checkout: a skip
hides what a machine lacks, and the set-up must bring it. Tests that read `../shared` say so in their reason.

A test that starts processes of its own is slow, and `make check` leaves it out.
"""

import os
from collections.abc import Generator

import pytest

ALLOWED = "/shared"

STARTS_PROCESSES = frozenset({"start", "run", "service", "known", "key"})
"""Fixtures that start a process for one test or one module. `server` is one for all of them."""


ROUNDS = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, default=ROUNDS, help="how often the faults' tests kill a process"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if STARTS_PROCESSES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def _is_strict() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if report.skipped and not hasattr(report, "wasxfail") and ALLOWED not in reason:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped ({reason}); with CI=true only tests that need ../shared may be."


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _is_strict():
        _refuse(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if _is_strict():
        _refuse(report)
    return report
