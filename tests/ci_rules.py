"""In continuous integration a skipped test is a failed one, unless it needs the image sets beside the checkout.

A skip hides what a machine lacks: the set-up must bring it. Tests that read `../shared` say so in their reason.
"""

import os
from collections.abc import Generator

import pytest

ALLOWED = "../shared"


def _is_strict() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if report.skipped and not hasattr(report, "wasxfail") and ALLOWED not in reason:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped ({reason}); with CI=true only tests that need {ALLOWED} may be."


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
