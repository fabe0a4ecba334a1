"""API keys: shown once, stored hashed, effective at once, revocable."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from verascope.config import Settings
from verascope.errors import Invalid, NotFound
from verascope.security import keys
from verascope.store.database import Database

NOW = 1_700_000_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(Settings(home=tmp_path))
    yield opened
    opened.close()


def test_key_is_recognised_as_its_client(database: Database) -> None:
    secret = keys.create(database, "acme", NOW)
    found = keys.KeyRing(database).verify(secret)
    assert found is not None
    assert (found.client, found.prefix, found.created_us) == ("acme", secret[:10], NOW)


def test_key_has_240_random_bits_and_safe_characters(database: Database) -> None:
    made = {keys.create(database, "acme", NOW) for _ in range(20)}
    assert len(made) == 20
    assert all(len(key) == 43 and key.startswith("vs_") for key in made)
    assert all(c.isalnum() or c in "-_" for key in made for c in key)


def test_secret_is_nowhere_in_the_database_file(database: Database, tmp_path: Path) -> None:
    secret = keys.create(database, "acme", NOW)
    database.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "analytics").iterdir())
    assert secret[:10].encode() in stored
    assert secret[10:].encode() not in stored


@pytest.mark.parametrize("secret", ["", "vs_", "vs_" + "a" * 40, "a" * 43, "vs_" + "a" * 4000])
def test_unknown_key_is_nobody(database: Database, secret: str) -> None:
    keys.create(database, "acme", NOW)
    assert keys.KeyRing(database).verify(secret) is None


def test_key_made_later_by_another_process_counts_within_a_second(database: Database) -> None:
    ring = keys.KeyRing(database)
    assert len(ring) == 0
    secret = keys.create(database, "acme", NOW)
    deadline = time.monotonic() + 1
    while ring.verify(secret) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_revoked_key_is_refused_within_a_second(database: Database) -> None:
    secret = keys.create(database, "acme", NOW)
    ring = keys.KeyRing(database)
    assert ring.verify(secret)
    keys.revoke(database, secret[:10], NOW + 1)
    deadline = time.monotonic() + 1
    while ring.verify(secret) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [key.revoked_us for key in keys.listed(database)] == [NOW + 1]


def test_whole_key_revokes_as_well_as_its_prefix(database: Database) -> None:
    secret = keys.create(database, "acme", NOW)
    assert keys.revoke(database, secret, NOW).client == "acme"


def test_ambiguous_prefix_revokes_nothing(database: Database) -> None:
    for client in ("acme", "globex"):
        keys.create(database, client, NOW)
    with pytest.raises(Invalid):
        keys.revoke(database, "vs_", NOW)
    assert all(key.revoked_us is None for key in keys.listed(database))


@pytest.mark.parametrize("prefix", ["", "vs_nothing"])
def test_revoking_what_does_not_exist_says_so(database: Database, prefix: str) -> None:
    keys.create(database, "acme", NOW)
    with pytest.raises(NotFound):
        keys.revoke(database, prefix, NOW)
    secret = keys.create(database, "globex", NOW)
    keys.revoke(database, secret[:10], NOW)
    with pytest.raises(NotFound):
        keys.revoke(database, secret[:10], NOW)


def test_keys_of_another_tenant_are_not_listed(database: Database) -> None:
    keys.create(database, "acme", NOW, tenant_id=1)
    keys.create(database, "globex", NOW, tenant_id=2)
    assert [key.client for key in keys.listed(database, 2)] == ["globex"]
