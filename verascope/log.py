"""Logging: one line an event, with ids; no secret, no image bytes, no raw address.

`configure` sends everything to `logs/enterprise_monitoring.log` (rotating, 5 × 10 MB) and warnings to stderr.
"""

import logging
import logging.handlers
import sys
import time
from pathlib import Path

from verascope.errors import StartRefused

FILE_NAME = "enterprise_monitoring.log"
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


class _OneLine(logging.Formatter):
    """UTC times; a traceback stays, other line breaks in a message can't forge a second event."""

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        record = logging.makeLogRecord({**record.__dict__, "msg": message, "args": None})
        return super().format(record)


def configure(folder: Path, level: str = "INFO") -> Path:
    """Open the log file in `folder`, made when missing. Raises StartRefused when it can't be written."""
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        to_file = logging.handlers.RotatingFileHandler(
            path, maxBytes=10_000_000, backupCount=5, encoding="utf-8"
        )
    except OSError as error:
        raise StartRefused(f"The log {path} can't be written: {error.strerror}.") from None
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)
    for handler in (to_file, to_stderr):
        handler.setFormatter(_OneLine(_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[to_file, to_stderr], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return path
