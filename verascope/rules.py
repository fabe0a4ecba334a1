"""Rules applied while a prediction comes in: its price, and the pattern of its error message.

Each rule has a version that is stored beside what it decided, so that history can be explained.
"""

import re
from decimal import Decimal

from verascope.errors import Invalid
from verascope.records import Outcome

BILLING_RULE = 1
"""Version 1: every succeeded prediction is billable, uncertain ones included (definitions: billable)."""

ERROR_PATTERN_RULE = 1

MICROS = 1_000_000


def price_micros(price: Decimal) -> int:
    """Millionths of a US dollar. Raises Invalid for more than six decimals."""
    micros = price * MICROS
    if micros != micros.to_integral_value():
        raise Invalid.of("price", str(price), "at most six decimals")
    return int(micros)


def usd(micros: int) -> str:
    """Exact decimal text of an amount in millionths of a US dollar."""
    return f"{Decimal(micros) / MICROS:.6f}"


def is_billable(outcome: Outcome) -> bool:
    """Billing rule 1."""
    return outcome is not Outcome.FAILED


# Order matters: what contains digits in a shape of its own goes before bare numbers.
_NORMALISE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I), "<id>"),
    (re.compile(r"https?://\S+", re.I), "<url>"),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"), "<email>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I), "<address>"),
    (re.compile(r"(?:[A-Za-z]:\\|(?<![\w<])/)[^\s'\",;:]+"), "<path>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.I), "<hex>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", re.I), "<hex>"),
    (re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", re.I), "<n>"),
    (re.compile(r"\s+"), " "),
)


def error_pattern(message: str) -> str:
    """The fingerprint of an error message: numbers, ids, paths and addresses stripped, ≤ 200 characters.

    Version `ERROR_PATTERN_RULE`. Readable on purpose: the pattern is what people see in a list.
    """
    text = message[:2000]
    for expression, placeholder in _NORMALISE:
        text = expression.sub(placeholder, text)
    return text.strip()[:200] or "(no message)"
