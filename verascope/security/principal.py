"""Who is asking. Every route gets a Principal; nothing is answered to nobody."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """owner: may see and do everything of the tenant. client_key: may submit images as one client."""

    OWNER = "owner"
    CLIENT_KEY = "client_key"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request.

    client: the customer whose key was shown, None for the owner. names_clients: whether what it sends may
    name (other) clients. name: how logs call the caller; it
    holds no secret and is stable, so it also scopes the caller's Idempotency-Keys.
    """

    tenant_id: int
    kind: Kind
    client: str | None
    name: str
    names_clients: bool = False

    @property
    def is_owner(self) -> bool:
        return self.kind is Kind.OWNER
