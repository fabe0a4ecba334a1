"""Signed links open one thing, for a while, and can't be changed."""

import pytest

from verascope.errors import Forbidden
from verascope.security.links import check, sign

KEY = b"k" * 32


def test_a_token_gives_its_value_back_until_it_expires() -> None:
    token = sign(KEY, "acknowledge", "alert 7, ä", 1_000)
    assert check(KEY, "acknowledge", token, 999) == "alert 7, ä"
    with pytest.raises(Forbidden, match="expired"):
        check(KEY, "acknowledge", token, 1_000)


def test_a_token_of_another_key_or_purpose_is_refused() -> None:
    token = sign(KEY, "acknowledge", "7", 1_000)
    for key, purpose in ((b"x" * 32, "acknowledge"), (KEY, "unsubscribe"), (KEY, "")):
        with pytest.raises(Forbidden, match="not valid"):
            check(key, purpose, token, 0)


def test_every_changed_or_cut_token_is_refused() -> None:
    token = sign(KEY, "acknowledge", "7", 1_000)
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        for place in range(len(token) - 1)
    ]
    cut = [token[:length] for length in range(len(token))]
    for wrong in (*changed, *cut, "", ".", "ä.ö", token + "?", f"{token}.{token}"):
        with pytest.raises(Forbidden, match="not valid"):
            check(KEY, "acknowledge", wrong, 0)
