"""Secrets are sealed for one place, or looked up where they are kept."""

import stat
from pathlib import Path

import pytest

from verascope.errors import Invalid, StartRefused
from verascope.security.secrets import SecretMissing, Vault, load_key, origin

PLACE = "1/mail/password"


def vault(key: bytes = b"k" * 32, **environ: str) -> Vault:
    return Vault(key, {"alerts.email.sender_password": "from the file"}.get, environ)


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "analytics" / "notify.key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"short")
    with pytest.raises(StartRefused, match="5 bytes instead of 32"):
        load_key(path)


def test_a_sealed_secret_opens_in_its_place_and_with_its_key_only() -> None:
    stored = vault().keep("password", "hünter2", PLACE)
    assert "nter2" not in stored
    assert vault().reveal(stored, PLACE) == "hünter2"
    assert stored != vault().keep("password", "hünter2", PLACE)
    for wrong in (
        lambda: vault().reveal(stored, "1/chat/password"),
        lambda: vault(b"x" * 32).reveal(stored, PLACE),
        lambda: vault().reveal(stored[:-8], PLACE),
        lambda: vault().reveal("sealed:?", PLACE),
        lambda: vault().reveal("hunter2", PLACE),
    ):
        with pytest.raises(SecretMissing):
            wrong()


def test_a_reference_is_looked_up_each_time(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    place = vault(SMTP="from a variable")
    by_file, by_variable = f"file:{path}", "env:SMTP"
    assert place.keep("password", by_file, PLACE) == by_file
    assert place.reveal(by_file, PLACE) == "from a file"
    assert place.keep("password", by_variable, PLACE) == by_variable
    assert place.reveal(by_variable, PLACE) == "from a variable"
    path.write_text("another\n")
    assert place.reveal(by_file, PLACE) == "another"
    assert place.reveal("setting:alerts.email.sender_password", PLACE) == "from the file"
    assert [origin(one) for one in (by_file, by_variable, "sealed:x")] == [
        "file",
        "environment",
        "database",
    ]


@pytest.mark.parametrize("reference", ["env:MISSING", "file:/nowhere/at/all", "file:relative"])
def test_a_reference_that_leads_nowhere_is_refused_when_it_is_written(reference: str) -> None:
    with pytest.raises(Invalid) as caught:
        vault().keep("password", reference, PLACE)
    assert caught.value.fields[0].field == "password"


def test_nobody_can_refer_to_another_setting() -> None:
    stored = vault().keep("password", "setting:alerts.email.sender_password", PLACE)
    assert vault().reveal(stored, PLACE) == "setting:alerts.email.sender_password"


def test_links_and_secrets_have_keys_of_their_own() -> None:
    assert vault().link_key != vault().key


def test_the_key_is_not_in_what_a_traceback_shows() -> None:
    assert "kkkk" not in repr(vault())
