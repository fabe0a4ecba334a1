"""How much one caller may send, with a clock that tests move."""

import pytest

from verascope.errors import RateLimited
from verascope.security.rate import RateLimit

ACME, GLOBEX = (1, "key acme"), (1, "key globex")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_may_spend_its_limit_and_gets_it_back_over_a_minute() -> None:
    clock = Clock()
    rate = RateLimit(60, clock)
    rate.take(ACME, 60)
    with pytest.raises(RateLimited) as refused:
        rate.take(ACME, 10)
    assert refused.value.retry_after >= 10
    clock.now = 10.5
    rate.take(ACME, 10)


def test_callers_do_not_share() -> None:
    rate = RateLimit(60, Clock())
    rate.take(ACME, 60)
    rate.take(GLOBEX, 60)


def test_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    rate = RateLimit(60, clock)
    rate.take(ACME, 50)
    for _ in range(5):
        with pytest.raises(RateLimited):
            rate.take(ACME, 20)
    rate.take(ACME, 10)


def test_what_was_not_recorded_is_given_back_but_never_more_than_the_limit() -> None:
    rate = RateLimit(60, Clock())
    rate.take(ACME, 50)
    rate.give_back(ACME, 50)
    rate.take(ACME, 60)
    rate.give_back(ACME, 600)
    rate.take(ACME, 60)
    with pytest.raises(RateLimited):
        rate.take(ACME, 1)


def test_more_than_the_limit_passes_a_full_bucket_only() -> None:
    clock = Clock()
    rate = RateLimit(60, clock)
    rate.take(ACME, 600)
    with pytest.raises(RateLimited):
        rate.take(ACME, 600)
    clock.now = 60
    rate.take(ACME, 600)


def test_the_headers_say_what_is_left() -> None:
    rate = RateLimit(60, Clock())
    rate.take(ACME, 15)
    assert rate.headers(ACME) == {
        "RateLimit-Policy": '"events";q=60;w=60',
        "RateLimit": '"events";r=45;t=15',
    }


def test_no_limit_limits_nothing_and_says_nothing() -> None:
    rate = RateLimit(0)
    rate.take(ACME, 10**9)
    assert rate.headers(ACME) == {}
