"""From what was observed to the fact that is stored: a visible list of small named steps.

Each step fills its own part of a `Draft`; `STEPS` is the order. Nothing here reads or writes the
store.
"""

import threading
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import uuid_utils

from verascope import rules
from verascope.config import Privacy, Settings
from verascope.errors import FieldError, Invalid
from verascope.ingest import geo
from verascope.records import ImageFacts, Outcome, Prediction, Source, Verdict

ANONYMOUS = "anonymous"
UNSPECIFIED = "unspecified"
OTHER = "(other)"
"""The rollup key that clients share past the tenant's limit."""

MAX_NAME = 120
MAX_USER_AGENT = 300

_ROTTEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Direction overrides make one name look like another in a list."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who submitted an image.

    key_client: the client of the API key that was shown. client: the name the caller gave; it
    counts, and wins, only when the caller is trusted to give one. address: as the network layer
    determined it.
    """

    tenant_id: int
    key_client: str | None = None
    is_trusted: bool = False
    client: str | None = None
    use_case: str | None = None
    address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of looking at one image: a verdict, or the reason why there is none.

    inference_us: decode + model, None when the model was not reached.
    """

    image: ImageFacts | None
    verdict: Verdict | None = None
    error_message: str | None = None
    inference_us: int | None = None
    model_version: str | None = None


class Clients:
    """Which clients have a rollup of their own. Thread-safe; past `limit` a new client is
    `(other)`.
    """

    def __init__(self, limit: int, known: Iterable[tuple[int, str]] = ()) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._known: dict[int, set[str]] = {}
        for tenant_id, client in known:
            if client != OTHER:
                self._known.setdefault(tenant_id, set()).add(client)

    def key_of(self, tenant_id: int, client: str) -> str:
        """The name under which the rollups count `client` from now on."""
        with self._lock:
            known = self._known.setdefault(tenant_id, set())
            if client not in known:
                if len(known) >= self._limit:
                    return OTHER
                known.add(client)
            return client


@dataclass(frozen=True, slots=True)
class Rules:
    """What the steps need beside the draft; made once when the server starts."""

    price_micros: int
    keep_address: geo.Keep
    address_key: bytes
    clients: Clients

    @classmethod
    def of(cls, settings: Settings, address_key: bytes, clients: Clients) -> "Rules":
        price = rules.price_micros(settings.pricing.default_price)
        privacy: Privacy = settings.privacy
        return cls(price, privacy.address, address_key, clients)


@dataclass(slots=True)
class Draft:
    """A prediction in the making. What the steps have not filled in yet has a neutral value."""

    caller: Caller
    observation: Observation
    arrived_us: int
    source: Source = Source.PREDICT
    outcome: Outcome = Outcome.FAILED
    id: str = ""
    client: str = ANONYMOUS
    client_key: str = ANONYMOUS
    use_case: str = UNSPECIFIED
    country: str = geo.UNKNOWN
    user_ip: str | None = None
    user_agent: str | None = None
    error_message: str | None = None
    error_pattern: str | None = None
    billable: bool = False
    price_micros: int = field(default=0)


def put_id(draft: Draft, _: Rules) -> None:
    """A UUIDv7: neighbours in time are neighbours in the index."""
    draft.id = str(uuid_utils.uuid7())


def put_outcome(draft: Draft, _: Rules) -> None:
    observation = draft.observation
    if observation.verdict is not None:
        draft.outcome = observation.verdict.outcome
    else:
        draft.outcome = Outcome.FAILED
        draft.error_message = observation.error_message or "The detector gave no verdict."


def put_client(draft: Draft, _: Rules) -> None:
    """The name a trusted caller gave wins, then the key's client, else `anonymous`."""
    caller = draft.caller
    named = name_of("client", caller.client)
    if caller.is_trusted and named is not None:
        draft.client = named
    elif caller.key_client is not None:
        draft.client = caller.key_client


def put_client_key(draft: Draft, with_: Rules) -> None:
    draft.client_key = with_.clients.key_of(draft.caller.tenant_id, draft.client)


def put_use_case(draft: Draft, _: Rules) -> None:
    draft.use_case = name_of("use_case", draft.caller.use_case) or UNSPECIFIED


def put_country(draft: Draft, _: Rules) -> None:
    draft.country = geo.country_of(draft.caller.address)


def put_address(draft: Draft, with_: Rules) -> None:
    draft.user_ip = geo.kept_address(draft.caller.address, with_.keep_address, with_.address_key)


def put_user_agent(draft: Draft, _: Rules) -> None:
    text = draft.caller.user_agent
    if text is not None:
        draft.user_agent = cleaned(text, MAX_USER_AGENT)


def put_error_pattern(draft: Draft, _: Rules) -> None:
    if draft.error_message is not None:
        draft.error_pattern = rules.error_pattern(draft.error_message)


def put_price(draft: Draft, with_: Rules) -> None:
    draft.billable = rules.is_billable(draft.outcome)
    draft.price_micros = with_.price_micros if draft.billable else 0


STEPS: tuple[Callable[[Draft, Rules], None], ...] = (
    put_id,
    put_outcome,
    put_client,
    put_client_key,
    put_use_case,
    put_country,
    put_address,
    put_user_agent,
    put_error_pattern,
    put_price,
)


def prediction(
    caller: Caller, observation: Observation, arrived_us: int, response_us: int, with_: Rules
) -> Prediction:
    """The fact to store. response_us: from the request's arrival to this hand-over.

    Raises Invalid when the caller's client or use case is not a usable name (check early with
    `check_names`).
    """
    draft = Draft(caller, observation, arrived_us)
    for step in STEPS:
        step(draft, with_)
    verdict = observation.verdict
    return Prediction(
        tenant_id=caller.tenant_id,
        id=draft.id,
        timestamp_us=arrived_us,
        received_us=arrived_us,
        client=draft.client,
        client_key=draft.client_key,
        use_case=draft.use_case,
        country=draft.country,
        source=draft.source,
        outcome=draft.outcome,
        confidence_mpct=verdict.confidence_mpct if verdict else None,
        fake_probability_mpct=verdict.fake_probability_mpct if verdict else None,
        inference_us=observation.inference_us,
        response_us=response_us,
        model_version=verdict.model_version if verdict else observation.model_version,
        image=observation.image,
        user_ip=draft.user_ip,
        user_agent=draft.user_agent,
        error_message=draft.error_message,
        error_pattern=draft.error_pattern,
        billable=draft.billable,
        billing_rule=rules.BILLING_RULE,
        price_micros=draft.price_micros,
    )


def check_names(caller: Caller) -> None:
    """Raises Invalid with every unusable name of the caller, before any work is done for it."""
    problems: list[FieldError] = []
    for name, text in (("client", caller.client), ("use_case", caller.use_case)):
        try:
            name_of(name, text)
        except Invalid as invalid:
            problems += invalid.fields
    if problems:
        raise Invalid(*problems)


def name_of(name: str, text: str | None) -> str | None:
    """`text` as the value of the field `name`, trimmed; None when it is empty. Raises Invalid
    otherwise.
    """
    if text is None or not text.strip():
        return None
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > MAX_NAME or any(map(_is_rotten, text)) or text == OTHER:
        accepted = f"at most {MAX_NAME} characters, no control characters, not {OTHER}"
        raise Invalid.of(name, text, accepted)
    return text


def cleaned(text: str, limit: int) -> str | None:
    """`text` cut to `limit`, with blanks for control characters; None when nothing is left."""
    text = text[:limit]
    if not (text.isascii() and text.isprintable()):
        text = "".join([" " if _is_rotten(c) else c for c in text])
    return text.strip() or None


def _is_rotten(character: str) -> bool:
    return unicodedata.category(character) in _ROTTEN or character in _BIDI
