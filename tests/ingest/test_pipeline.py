"""From an observation to a fact: every step, and what may never be stored."""

import stat
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope.errors import Invalid, StartRefused
from verascope.ingest import geo
from verascope.ingest.pipeline import (
    OTHER,
    Caller,
    Clients,
    Observation,
    Rules,
    check_names,
    name_of,
    prediction,
)
from verascope.records import ImageFacts, Outcome, Prediction, Source, Verdict

ARRIVED = 1_700_000_000_000_000
IMAGE = ImageFacts("ab" * 32, 1234, "PNG", 64, 48, bytes(32), 80)
FAKE = Observation(IMAGE, Verdict(Outcome.FAKE, 97_312, 97_312, "1.0.0"), inference_us=20_000)
UNCERTAIN = Observation(IMAGE, Verdict(Outcome.UNCERTAIN, 55_000, 45_000, "1.0.0"), inference_us=9)
REFUSED = Observation(IMAGE, error_message="The image is smaller than 32 pixels on a side.")
OWNER = Caller(tenant_id=1, is_trusted=True)


def rules(limit: int = 10, keep: geo.Keep = "hashed") -> Rules:
    return Rules(50_000, keep, b"k" * 32, Clients(limit))


def made(
    caller: Caller = OWNER, seen: Observation = FAKE, with_: Rules | None = None
) -> Prediction:
    return prediction(caller, seen, ARRIVED, 25_000, with_ or rules())


def test_verdict_becomes_a_billed_row() -> None:
    fact = made()
    assert (fact.outcome, fact.billable, fact.price_micros) == (Outcome.FAKE, True, 50_000)
    assert (fact.confidence_mpct, fact.fake_probability_mpct) == (97_312, 97_312)
    assert (fact.inference_us, fact.response_us, fact.model_version) == (20_000, 25_000, "1.0.0")
    assert (fact.timestamp_us, fact.received_us, fact.source) == (ARRIVED, ARRIVED, Source.PREDICT)
    assert fact.error_message is None
    assert fact.error_pattern is None


def test_uncertain_verdict_is_billed_too() -> None:
    assert made(seen=UNCERTAIN).price_micros == 50_000


def test_refused_image_is_a_failed_row_that_costs_nothing() -> None:
    fact = made(seen=REFUSED)
    assert (fact.outcome, fact.billable, fact.price_micros) == (Outcome.FAILED, False, 0)
    assert fact.error_message == "The image is smaller than 32 pixels on a side."
    assert fact.error_pattern == "The image is smaller than <n> pixels on a side."
    assert fact.confidence_mpct is None
    assert fact.image == IMAGE


def test_ids_are_uuid_version_7_and_ascend() -> None:
    ids = [made().id for _ in range(50)]
    assert {UUID(text).version for text in ids} == {7}
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


@pytest.mark.parametrize(
    ("caller", "client"),
    [
        (Caller(1, key_client="acme", client="globex"), "acme"),
        (Caller(1, key_client="acme", is_trusted=True, client="globex"), "globex"),
        (Caller(1, key_client="acme", is_trusted=True), "acme"),
        (Caller(1, is_trusted=True, client=" globex "), "globex"),
        (Caller(1, is_trusted=True), "anonymous"),
        (Caller(1, is_trusted=True, client="  "), "anonymous"),
        (Caller(1, is_trusted=False, client="globex"), "anonymous"),
    ],
)
def test_client_is_the_one_a_trusted_caller_names_then_the_keys_then_anonymous(
    caller: Caller, client: str
) -> None:
    assert made(caller).client == client


def test_clients_past_the_limit_share_one_rollup_but_keep_their_name() -> None:
    with_ = rules(limit=2)
    keys = [made(replace(OWNER, client=f"client {n}"), with_=with_) for n in range(4)]
    assert [fact.client_key for fact in keys] == ["client 0", "client 1", OTHER, OTHER]
    assert [fact.client for fact in keys] == [f"client {n}" for n in range(4)]
    assert made(replace(OWNER, client="client 1"), with_=with_).client_key == "client 1"


def test_known_clients_of_before_count_towards_the_limit_per_tenant() -> None:
    clients = Clients(2, [(1, "acme"), (1, OTHER), (2, "globex")])
    assert clients.key_of(1, "new") == "new"
    assert clients.key_of(1, "newer") == OTHER
    assert clients.key_of(1, "acme") == "acme"
    assert clients.key_of(2, "acme") == "acme"


def test_use_case_is_the_callers_or_unspecified() -> None:
    assert made().use_case == "unspecified"
    assert made(replace(OWNER, use_case="kyc")).use_case == "kyc"


@pytest.mark.parametrize(
    "bad", ["x" * 121, "a\nb", "a\0b", "a\x1bb", "\u202eevil", "a\u2028b", OTHER]
)
def test_unusable_names_are_refused_by_field(bad: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_names(Caller(1, client=bad, use_case=bad))
    assert [field.field for field in caught.value.fields] == ["client", "use_case"]


@given(st.text())
def test_every_name_is_kept_whole_or_refused(text: str) -> None:
    try:
        name = name_of("client", text)
    except Invalid:
        return
    if name is not None:
        assert 1 <= len(name) <= 120
        assert name == name_of("client", name)
        name.encode()


def test_names_that_look_the_same_are_the_same() -> None:
    assert name_of("client", "Cafe\u0301") == name_of("client", "Caf\u00e9")


def test_user_agent_is_cut_and_cleaned() -> None:
    assert made(replace(OWNER, user_agent="a\0b\x1b" + "x" * 500)).user_agent == "a b " + "x" * 296
    assert made(replace(OWNER, user_agent="\n")).user_agent is None
    assert made().user_agent is None


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("8.8.8.8", "US"),
        ("::ffff:8.8.8.8", "US"),
        ("2001:4860:4860::8888", "US"),
        ("127.0.0.1", "unknown"),
        ("192.168.1.5", "unknown"),
        ("fe80::1", "unknown"),
        ("203.0.113.7", "unknown"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_country_is_that_of_the_addresses_allocation(address: str | None, country: str) -> None:
    assert made(replace(OWNER, address=address)).country == country


@pytest.mark.parametrize(
    ("keep", "address", "stored"),
    [
        ("full", "8.8.8.8", "8.8.8.8"),
        ("full", "::ffff:8.8.8.8", "8.8.8.8"),
        ("truncated", "8.8.4.4", "8.8.4.0/24"),
        ("truncated", "2001:4860:4860::8888", "2001:4860:4860::/48"),
        ("none", "8.8.8.8", None),
        ("full", "nonsense", None),
        ("hashed", None, None),
    ],
)
def test_address_is_kept_as_privacy_allows(
    keep: geo.Keep, address: str | None, stored: str | None
) -> None:
    assert made(replace(OWNER, address=address), with_=rules(keep=keep)).user_ip == stored


def test_hashed_address_tells_callers_apart_and_needs_the_key() -> None:
    one = geo.kept_address("8.8.8.8", "hashed", b"a" * 32)
    assert one == geo.kept_address("::ffff:8.8.8.8", "hashed", b"a" * 32)
    assert one != geo.kept_address("8.8.4.4", "hashed", b"a" * 32)
    assert one != geo.kept_address("8.8.8.8", "hashed", b"b" * 32)
    assert one is not None
    assert len(one) == 64


def test_address_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "analytics" / "secret.key"
    key = geo.load_key(path)
    assert geo.load_key(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_damaged_address_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(b"short")
    with pytest.raises(StartRefused, match="5 bytes instead of 32"):
        geo.load_key(path)
    assert path.read_bytes() == b"short"
