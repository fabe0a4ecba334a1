"""The progress bar: one line on stderr, only where somebody watches."""

import sys
import time
from typing import TextIO

WIDTH = 24
EVERY_SECONDS = 0.2


class Progress:
    """Draws how much of a table was read, how fast, and how long the rest may take."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_watched = stream.isatty()
        self._table = ""
        self._began = self._drawn = time.monotonic()
        self._first = (0, 0.0)
        self._length = 0

    def show(self, table: str, rows: int, done: float) -> None:
        """done: share of the table, 0 to 1."""
        if not self._is_watched:
            return
        now = time.monotonic()
        if table != self._table:
            self.end()
            self._table, self._began, self._first = table, now, (rows, done)
        elif now - self._drawn < EVERY_SECONDS and done < 1:
            return
        self._drawn = now
        seconds = max(now - self._began, 1e-6)
        speed = (rows - self._first[0]) / seconds
        gained = done - self._first[1]
        left = f", {seconds / gained * (1 - done):,.0f} s left" if gained > 0.01 else ""
        full = round(done * WIDTH)
        bar = "█" * full + "·" * (WIDTH - full)
        self._draw(f"{table} {bar} {done:4.0%}  {rows:,} rows, {speed:,.0f}/s{left}")

    def say(self, text: str) -> None:
        """Replace the line by a sentence."""
        if self._is_watched:
            self._draw(text)

    def end(self) -> None:
        """Leave the last line as it stands."""
        if self._is_watched and self._length:
            self._stream.write("\n")
            self._stream.flush()
            self._length = 0

    def _draw(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length))
        self._stream.flush()
        self._length = len(text)
