"""`python -m bench [NAME …] [--quick] [--rows N …] [--keep DIR]`."""

import argparse
import importlib
import sys
from pathlib import Path

from bench import report
from bench.report import Measure, Options

NAMES = (
    "overview",
    "predict",
    "live",
    "start",
    "durability",
    "ingest",
    "endurance",
    "client",
    "notify",
    "browser",
    "cold",
    "alerts",
)


def main() -> int:
    """Run what was asked, print each table, and keep full runs in the README."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=sys.modules["bench"].__doc__
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all")
    parser.add_argument(
        "--quick", action="store_true", help="small and soon over; the README stays as it is"
    )
    parser.add_argument("--rows", type=int, nargs="+", help="sizes of the filled databases")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="keep filled databases there, and use those that are",
    )
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(NAMES))
    if unknown:
        parser.error(f"no measurement is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    options = Options(asked.quick, asked.rows and tuple(asked.rows), asked.keep)
    # A cold start fetches a hundred packages: too much for a quick look.
    for name in asked.names or [name for name in NAMES if not (asked.quick and name == "cold")]:
        measure: Measure = importlib.import_module(f"bench.{name}").measure
        found = measure(options)
        print("\n".join(found.lines()), flush=True)
        print(flush=True)
        if not options.quick:
            report.keep(name, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
