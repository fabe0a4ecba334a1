"""How a client behaves; checked once, when it is made."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

DURABILITIES = ("background", "write", "fsync")


@dataclass(frozen=True)
class Options:
    """The README explains each. Raises ValueError that names all that are wrong."""

    url: str
    key: str | None = None
    spool: str | os.PathLike[str] | None = None
    durability: str = "background"
    batch_events: int = 500
    batch_bytes: int = 1_000_000
    batch_seconds: float = 1.0
    max_events: int = 10_000
    max_bytes: int = 16_000_000
    spool_bytes: int = 200_000_000
    spool_seconds: float = 0.05
    sync_seconds: float = 1.0
    timeout: float = 10.0
    retry_seconds: float = 60.0
    exit_seconds: float = 5.0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        wrong = [
            f"{name}: must be {least:g} to {most:,.0f}, not {getattr(self, name)!r}"
            for name, (least, most) in _LIMITS.items()
            if not _is_within(getattr(self, name), least, most)
        ]
        if self.durability not in DURABILITIES:
            wrong.append(f"durability: must be {', '.join(DURABILITIES)}, not {self.durability!r}")
        elif self.durability != "background" and self.spool is None:
            wrong.append(f"durability: {self.durability!r} needs a spool")
        if self.key is not None and not (
            self.key.isascii() and self.key.isprintable() and self.key
        ):
            wrong.append("key: must be printable ASCII")
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def spool_path(self) -> Path | None:
        return None if self.spool is None else Path(self.spool)


_LIMITS = {
    # The server takes 10,000 events and 16,000,000 bytes at once.
    "batch_events": (1, 10_000),
    "batch_bytes": (10_000, 15_000_000),
    "batch_seconds": (0, 3600),
    "max_events": (1, 10_000_000),
    "max_bytes": (10_000, 10**10),
    "spool_bytes": (50_000, 10**12),
    "spool_seconds": (0, 60),
    "sync_seconds": (0, 3600),
    "timeout": (0.1, 600),
    "retry_seconds": (1, 3600),
    "exit_seconds": (0, 600),
}


def _is_within(value: object, least: float, most: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return least <= value <= most
