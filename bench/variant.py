"""`verascope serve` with one part left out, to see what that part costs: `python -m bench.variant PART serve`.

PART is `no-fold` (rows are committed, nothing is folded) or `no-writer` (every prediction is answered at once and nothing is
kept). Neither is a setting of the product.
"""

import sys
from collections.abc import Sequence

from verascope.cli import main
from verascope.ingest.writer import Writer
from verascope.records import Prediction
from verascope.store.events import IdempotencyKey, Insertion
from verascope.store.fold import Folder


def _no_fold(self: Folder) -> None:
    pass


async def _stored(
    self: Writer, prediction: Prediction, key: IdempotencyKey | None = None
) -> Insertion:
    return Insertion.STORED


async def _all_stored(self: Writer, predictions: Sequence[Prediction]) -> list[Insertion]:
    return [Insertion.STORED] * len(predictions)


if __name__ == "__main__":
    part = sys.argv.pop(1)
    match part:
        case "no-fold":
            Folder.start = _no_fold  # type: ignore[method-assign]
        case "no-writer":
            Writer.record = _stored  # type: ignore[method-assign]
            Writer.record_all = _all_stored  # type: ignore[method-assign]
        case _:
            sys.exit(f"no part is called {part}")
    main()
