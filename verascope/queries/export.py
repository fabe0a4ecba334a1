"""The numbers of the last days for programs (`/analytics`) and spreadsheets (CSV). The same questions as everywhere."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.clock import US, Grain
from verascope.metrics import Value
from verascope.queries.query import Everything, Last, Query, Unit
from verascope.queries.result import Result
from verascope.queries.run import Answers

ERROR_PATTERNS = 100
"""How many error patterns `/analytics` lists, most frequent first."""

_SUMMARY = {
    "total_predictions": "total_predictions",
    "real_predictions": "real_predictions",
    "fake_predictions": "fake_predictions",
    "uncertain_predictions": "uncertain_predictions",
    "failed_predictions": "failed_predictions",
    "avg_confidence": "avg_confidence",
    "avg_inference_time": "avg_inference_time",
    "error_count": "failed_predictions",
    "success_rate": "success_rate",
    "revenue": "revenue",
}
"""Key of the brief → metric."""

_DAY = {
    "total": "total_predictions",
    "avg_confidence": "avg_confidence",
    "real_count": "real_predictions",
    "fake_count": "fake_predictions",
    "uncertain_count": "uncertain_predictions",
    "failed_count": "failed_predictions",
    "success_rate": "success_rate",
}

_CSV = {
    "Total": "total_predictions",
    "Real": "real_predictions",
    "Fake": "fake_predictions",
    "Avg_Confidence": "avg_confidence",
    "Success_Rate": "success_rate",
    "Uncertain": "uncertain_predictions",
    "Failed": "failed_predictions",
    "Avg_Inference_Time_Ms": "avg_inference_time",
    "Revenue_USD": "revenue",
}
"""Column → metric; the first five are the brief's, in its order."""


def analytics(
    answers: Answers, tenant_id: int, days: int, system_info: Mapping[str, object]
) -> dict[str, Any]:
    """The body of `/analytics`: the last `days` calendar days, newest first. system_info is passed through."""
    span = Last(days, Unit.DAYS)
    found = answers.answer_all(
        tenant_id,
        {
            "summary": Query(tuple(dict.fromkeys(_SUMMARY.values())), range=span),
            "daily": Query(tuple(_DAY.values()), range=span, interval=Grain.DAY),
            "errors": Query(
                ("failed_predictions",), ("error_pattern",), range=span, limit=ERROR_PATTERNS
            ),
            "all_time": Query(("total_predictions",), range=Everything()),
        },
    )
    totals = found["summary"]["totals"]
    return {
        "summary": {
            **{key: totals[metric] for key, metric in _SUMMARY.items()},
            "all_time_predictions": found["all_time"]["totals"]["total_predictions"],
        },
        "daily_breakdown": [
            {"date": day, **{key: row[metric] for key, metric in _DAY.items()}}
            for day, row in _newest_first(found["daily"])
        ],
        "error_patterns": [
            {"error": row["error_pattern"], "count": row["failed_predictions"]}
            for row in found["errors"]["rows"]
        ],
        "system_info": dict(system_info),
        "range": found["summary"]["range"],
        "generated_at": clock.to_iso(answers.now()),
    }


def csv_rows(answers: Answers, tenant_id: int, days: int) -> Iterator[str]:
    """The lines of the CSV, header first, then one a day, newest first. The question is asked at once."""
    query = Query(tuple(_CSV.values()), range=Last(days, Unit.DAYS), interval=Grain.DAY)
    result = answers.answer(tenant_id, query)
    return _lines(result)


def _lines(result: Result) -> Iterator[str]:
    yield _line(["Date", *_CSV])
    for day, row in _newest_first(result):
        yield _line([day, *(_number(row[metric]) for metric in _CSV.values())])


def _newest_first(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    """(local date, row) of each day."""
    zone = ZoneInfo(result["range"]["time_zone"])
    for row in reversed(result["rows"]):
        start = clock.from_iso("bucket", row["bucket"])
        yield _local_date(start // US, zone).isoformat(), row


def _local_date(bucket: int, zone: ZoneInfo) -> date:
    return clock.to_datetime(bucket * US).astimezone(zone).date()


def _number(value: Value) -> str:
    """Counts and money exactly, ratios to four decimals, nothing where nothing was counted."""
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([neutral(cell) for cell in cells])
    return line.getvalue()


def neutral(text: str) -> str:
    """`text` as a spreadsheet shows it and never runs it: a leading `'` disarms a formula.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
