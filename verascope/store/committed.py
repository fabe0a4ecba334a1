"""What was committed a moment ago, handed to the fold so that it need not be read again.

Only a shortcut: whatever is not here (rows of another process, of the time before a start, past the bound) is read
from the table, and the fold's watermark decides what counts.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from verascope.records import Prediction
from verascope.store.slices import Said, said

LIMIT = 40_000
"""Predictions held at most, at about 400 bytes each."""


@dataclass(frozen=True, slots=True)
class Commit:
    """All rows of every tenant with after < seq <= upto, in the order of seq."""

    after: int
    upto: int
    rows: int
    said: Said

    @classmethod
    def of(cls, after: int, upto: int, predictions: Sequence[Prediction]) -> "Commit":
        """predictions: all that the transaction stored, at least one."""
        return cls(after, upto, len(predictions), said(predictions))


class Committed:
    """The latest commits in the order of seq. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commits: list[Commit] = []
        self._held = 0

    def put(self, commit: Commit) -> None:
        """Offer what a transaction stored, once it is on disk. Past `LIMIT` it is left to the table."""
        n = commit.rows
        with self._lock:
            if self._held + n <= LIMIT:
                self._commits.append(commit)
                self._held += n

    def take(self, after: int, upto: int, limit: int) -> list[Commit]:
        """The commits that hold everything after `after` without a gap, none beyond `upto`, about `limit` rows.

        Nothing when what comes next isn't here.
        """
        found: list[Commit] = []
        n = 0
        with self._lock:
            for commit in self._commits:
                if commit.after < after:
                    continue
                if commit.after > after or commit.upto > upto or n >= limit:
                    break
                found.append(commit)
                after = commit.upto
                n += commit.rows
        return found

    def next_after(self, after: int, upto: int) -> int:
        """How far the table has to be read: to where the next commit held begins, at most to `upto`."""
        with self._lock:
            starts = (commit.after for commit in self._commits if commit.after > after)
            return min(upto, next(starts, upto))

    def forget(self, upto: int) -> None:
        """Let go of what every tenant has folded."""
        with self._lock:
            self._commits = [commit for commit in self._commits if commit.upto > upto]
            self._held = sum(commit.rows for commit in self._commits)
