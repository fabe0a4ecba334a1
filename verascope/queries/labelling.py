"""What somebody says about a prediction, checked, and what was said before."""

from collections.abc import Mapping
from typing import Any

from verascope import clock
from verascope.errors import FieldError, Invalid, shown
from verascope.records import Label, LabelOrigin, Outcome
from verascope.store import labels
from verascope.store.database import Database

MAX_REASON = 500
_FIELDS = ("label", "reason", "origin")
_LABELS = {"real": Outcome.REAL, "fake": Outcome.FAKE}
_ORIGINS = (LabelOrigin.CHOSEN.value, LabelOrigin.RANDOM.value)


def label_of(body: Mapping[str, object], labelled_by: str, now_us: int) -> Label:
    """The label in a JSON object. Raises Invalid with every wrong field."""
    problems = [
        FieldError(name, shown(body[name]), f"known fields are {', '.join(_FIELDS)}")
        for name in body
        if name not in _FIELDS
    ]
    said, reason, origin = body.get("label"), body.get("reason"), body.get("origin", "chosen")
    if "label" not in body or not (said is None or (isinstance(said, str) and said in _LABELS)):
        problems.append(FieldError("label", shown(said), "real, fake, or null to withdraw"))
    if not (reason is None or (isinstance(reason, str) and _is_reason(reason))):
        accepted = f"null or a text of at most {MAX_REASON} characters without control characters"
        problems.append(FieldError("reason", shown(reason), accepted))
    if origin not in _ORIGINS:
        problems.append(FieldError("origin", shown(origin), f"one of {', '.join(_ORIGINS)}"))
    if problems:
        raise Invalid(*problems)
    outcome = _LABELS[said] if isinstance(said, str) else None
    text = reason.strip() if isinstance(reason, str) else ""
    return Label(outcome, text or None, labelled_by, now_us, LabelOrigin(str(origin)))


def _is_reason(text: str) -> bool:
    is_plain = all(char.isprintable() or char in "\n\t" for char in text)
    return len(text) <= MAX_REASON and is_plain


def history(database: Database, tenant_id: int, prediction_id: str) -> dict[str, Any]:
    """Everything that was said about one prediction, newest first. Raises NotFound."""
    with database.reading() as connection:
        said = labels.history(connection, tenant_id, prediction_id)
    return {
        "items": [
            {
                "label": label.outcome and label.outcome.value,
                "reason": label.reason,
                "labelled_by": label.labelled_by,
                "labelled_at": clock.to_iso(label.at_us),
                "origin": label.origin.value,
            }
            for label in said
        ]
    }
