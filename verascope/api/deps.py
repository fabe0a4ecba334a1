"""What every route gets: the runtime, and a Principal that says who is asking.

Protected mode (docs/security): without accounts only a direct caller on this machine is served, as
the owner; an API key opens `/predict` from anywhere. `owner` and `submitter` are the only two ways
in.
"""

from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from verascope.api.errors import Unreadable
from verascope.errors import Forbidden, Unauthenticated
from verascope.runtime import Runtime
from verascope.security.network import Origin
from verascope.security.principal import Kind, Principal
from verascope.store.tables import DEFAULT_TENANT

MAX_JSON_BYTES = 1_000_000

OWNER = Principal(DEFAULT_TENANT, Kind.OWNER, None, "owner", names_clients=True)

_HOW_TO_GET_IN = (
    "Only callers on the machine that runs Verascope are served here; a request that a proxy passed on (it has a header "
    "such as X-Forwarded-For, or is HTTP/1.0) is none. To send images from elsewhere, make a key "
    "there with `verascope key create --client NAME` and send it as `Authorization: Bearer KEY` to /predict or "
    "/api/v1/predictions. To see "
    "the dashboard from elsewhere, forward the port: `ssh -L 8001:127.0.0.1:8001 HOST`."
)


def runtime_of(request: Request) -> Runtime:
    """The runtime the app was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def origin_of(request: Request) -> Origin:
    """Where the request really comes from."""
    peer = request.client.host if request.client else None
    version = str(request.scope.get("http_version", "1.1"))
    return runtime_of(request).perimeter.locate(peer, request.headers, version)


async def owner(request: Request) -> Principal:
    """A direct caller on this machine. Raises Unauthenticated, Forbidden or Unreadable (421)."""
    await _key_holder(request)
    _check_local(request)
    return OWNER


async def submitter(request: Request) -> Principal:
    """Who may submit images: the holder of a key from anywhere, or the owner."""
    holder = await _key_holder(request)
    if holder is not None:
        return holder
    _check_local(request)
    return OWNER


async def _runtime(request: Request) -> Runtime:
    # A plain function would be sent through a thread by the framework, once a request.
    return runtime_of(request)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]
Owner = Annotated[Principal, Depends(owner)]
Submitter = Annotated[Principal, Depends(submitter)]


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Unreadable for anything else, and past `MAX_JSON_BYTES`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Unreadable(415, f"Send a JSON object as application/json, not {media_type[:80]!r}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise Unreadable(413, f"At most {MAX_JSON_BYTES} bytes of JSON are accepted.")
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(400, f"The body is not a JSON object: {error}.") from None


JsonObject = Annotated[dict[str, Any], Depends(json_object)]


async def _key_holder(request: Request) -> Principal | None:
    """The principal of the key that was shown; None when none was. A wrong one is refused even
    locally.
    """
    runtime = runtime_of(request)
    objection = runtime.perimeter.objection(request.method, request.headers)
    if objection is not None:
        raise Forbidden(objection)
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated("Send the key as `Authorization: Bearer KEY`.")
    ring = runtime.keys
    key = await run_sync(ring.verify, secret) if ring.is_stale else ring.verify(secret)
    if key is None:
        raise Unauthenticated(
            "This key is unknown or revoked; `verascope key list` shows the valid ones."
        )
    return Principal(
        key.tenant_id, Kind.CLIENT_KEY, key.client, f"key {key.prefix}", key.names_clients
    )


def _check_local(request: Request) -> None:
    if not origin_of(request).is_local:
        raise Forbidden(_HOW_TO_GET_IN)
    if not runtime_of(request).perimeter.is_known_host(request.headers):
        raise Unreadable(
            421,
            f"The Host header says {request.headers.get('host', 'nothing')!r}; localhost, 127.0.0.1, [::1] and "
            "server.allowed_hosts are accepted.",
        )
