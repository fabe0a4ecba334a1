"""Keys that lie beside the database and not in it: a copy of the database alone opens nothing."""

import os
import secrets
from pathlib import Path

from verascope.errors import StartRefused


def load(path: Path, size: int, consequence: str) -> bytes:
    """`size` random bytes, made on the first call, readable by their owner only.

    consequence: what deleting a damaged file means. Raises StartRefused when the file can't be made or read, or does
    not hold a key.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_EXCL: of two processes that start at once, one makes the key and both use it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise StartRefused(f"The key {path} can't be written: {error.strerror}.") from None
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(size))
    try:
        key = path.read_bytes()
    except OSError as error:
        raise StartRefused(f"The key {path} can't be read: {error.strerror}.") from None
    if len(key) != size:
        raise StartRefused(
            f"{path} holds {len(key)} bytes instead of {size}; restore it, or delete it to {consequence}."
        )
    return key
