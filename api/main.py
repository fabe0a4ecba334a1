"""`python api/main.py`: the server, the same as `verascope serve`, from any working directory.

Entry only. When this Python doesn't have Verascope installed, the project's own `.venv` is used.
"""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"


NEEDED = ("verascope", "fastapi", "uvicorn", "sqlalchemy", "duckdb", "onnxruntime")


def is_installed() -> bool:
    """Whether this Python can run the server: the package itself and what it is built on."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


def main() -> None:
    """Serve; with the project's own Python when this one can't."""
    # Running a file puts its folder first on the path; `api` must not be found there by accident.
    sys.path[0] = str(ROOT)
    if not is_installed():
        if PYTHON.exists() and Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
            os.execv(PYTHON, [str(PYTHON), str(Path(__file__).resolve()), *sys.argv[1:]])
        print(f"Verascope is not installed yet; run `make serve` in {ROOT}.", file=sys.stderr)
        sys.exit(1)
    from verascope.cli import main as verascope

    verascope(["serve", *sys.argv[1:]])


if __name__ == "__main__":
    main()
