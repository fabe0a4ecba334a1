"""Secrets of channels and probes: sealed in the database, or kept elsewhere and only referred to.

The key lies in a file of its own beside the database (`Settings.notify_key_path`). Each use derives a key of its own
from it, and a sealed text is bound to the place it was sealed for: moved to another row, it does not open.
"""

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from verascope.errors import Invalid, VerascopeError
from verascope.store import key_file

KEY_BYTES = 32
NONCE_BYTES = 12
SEALED = "sealed:"
ENVIRONMENT = "env:"
FILE = "file:"
SETTING = "setting:"
"""Only for what the settings file or a variable set up; people can't write it."""
FILE_LIMIT = 64_000


class SecretMissing(VerascopeError):
    """A secret can't be had: its variable or file is gone, or it was sealed with another key."""


def load_key(path: Path) -> bytes:
    """The key that seals secrets and signs links. Raises StartRefused as `key_file.load` does."""
    return key_file.load(
        path,
        KEY_BYTES,
        "start over: stored secrets must be entered again, and links sent so far end",
    )


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Seals secrets and finds them again.

    settings: what a `setting:` reference means. environ: the process's variables.
    """

    key: bytes
    settings: Callable[[str], str | None]
    environ: Mapping[str, str]

    @property
    def link_key(self) -> bytes:
        """The key for `security.links`."""
        return _derived(self.key, b"links")

    def keep(self, field: str, text: str, place: str) -> str:
        """What to store for the secret that somebody wrote into `field`: `env:NAME` and `file:/path` as they are, all
        else sealed for `place`.

        Raises Invalid for a reference that leads nowhere.
        """
        if text.startswith((ENVIRONMENT, FILE)):
            try:
                self.reveal(text, place)
            except SecretMissing as missing:
                raise Invalid.of(
                    field, text, f"a variable or file that exists ({missing.detail})"
                ) from None
            return text
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())
        return SEALED + base64.b64encode(sealed).decode()

    def reveal(self, stored: str, place: str) -> str:
        """The secret itself. Raises SecretMissing."""
        kind, _, rest = stored.partition(":")
        match f"{kind}:":
            case str(one) if one == SEALED:
                return self._opened(rest, place)
            case str(one) if one == ENVIRONMENT:
                found = self.environ.get(rest)
                if not found:
                    raise SecretMissing(f"The environment variable {rest} is not set.")
                return found
            case str(one) if one == FILE:
                return _content(Path(rest))
            case str(one) if one == SETTING:
                found = self.settings(rest)
                if not found:
                    raise SecretMissing(f"The setting {rest} is empty.")
                return found
        raise SecretMissing("What is stored is no secret of this version; enter it again.")

    @property
    def _cipher(self) -> AESGCM:
        return AESGCM(_derived(self.key, b"secrets"))

    def _opened(self, text: str, place: str) -> str:
        try:
            raw = base64.b64decode(text, validate=True)
            opened = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
        except (ValueError, InvalidTag):
            raise SecretMissing(
                "A stored secret does not open with the key in analytics/notify.key; enter it again."
            ) from None
        return opened.decode()


def origin(stored: str) -> str:
    """Where a stored secret comes from: `database`, `environment` or `file`; `settings` for what those set up."""
    kinds = {ENVIRONMENT: "environment", FILE: "file", SETTING: "settings"}
    return next((name for mark, name in kinds.items() if stored.startswith(mark)), "database")


def _content(path: Path) -> str:
    if not path.is_absolute():
        raise SecretMissing(f"{FILE} needs the whole path, from /, not {str(path)[:80]!r}.")
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(FILE_LIMIT).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SecretMissing(f"The file {path} can't be read: {reason}.") from None
    if not text:
        raise SecretMissing(f"The file {path} is empty.")
    return text


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, None, b"verascope " + purpose).derive(key)
