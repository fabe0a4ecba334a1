"""Price, billing rule and error patterns."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope import rules
from verascope.errors import Invalid
from verascope.records import Outcome


@given(st.integers(0, 10**15))
def test_money_survives_the_way_to_text_and_back(micros: int) -> None:
    assert rules.price_micros(Decimal(rules.usd(micros))) == micros


def test_the_briefs_default_price_is_fifty_thousand_millionths() -> None:
    assert rules.price_micros(Decimal("0.05")) == 50_000
    assert rules.usd(50_000 * 1247) == "62.350000"


def test_a_price_finer_than_a_millionth_is_refused() -> None:
    with pytest.raises(Invalid, match="six decimals"):
        rules.price_micros(Decimal("0.0000005"))


def test_every_verdict_is_billable_and_a_failure_is_not() -> None:
    assert [o for o in Outcome if not rules.is_billable(o)] == [Outcome.FAILED]


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("Timeout after 30 s", "Timeout after 4.5 s"),
        ("can't open /var/data/a.jpg", "can't open /tmp/b/c.png"),
        ("peer 10.0.0.1:4431 reset", "peer 192.168.7.9:80 reset"),
        ("peer 2001:db8::1 reset", "peer fe80::1 reset"),
        (
            "job 0188c2f0-7a1b-7c3d-9e4f-001122334455 failed",
            "job 00000000-0000-0000-0000-000000000000 failed",
        ),
        ("GET https://a.example/x?id=1 gave 502", "GET http://b.example/ gave 502"),
        ("user a@b.example unknown", "user c.d@e.example unknown"),
        ("segfault at 0xdeadbeef", "segfault at 0x1"),
        ("file  not\nfound", "file not found"),
    ],
)
def test_messages_that_differ_in_values_share_a_pattern(one: str, another: str) -> None:
    assert rules.error_pattern(one) == rules.error_pattern(another)


def test_messages_of_another_kind_keep_another_pattern() -> None:
    assert rules.error_pattern("The image is truncated.") == "The image is truncated."
    assert rules.error_pattern("The image is empty.") != rules.error_pattern(
        "The image is truncated."
    )


@given(st.text(max_size=5000))
def test_any_message_has_a_short_printable_stable_pattern(message: str) -> None:
    pattern = rules.error_pattern(message)
    assert 0 < len(pattern) <= 200
    assert pattern == rules.error_pattern(message)
