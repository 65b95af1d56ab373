"""Who sends a request: the bearer key in its `Authorization` header."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from api.http.errors import Forbidden, Unauthenticated
from api.http.rate_limits.request_limits import RequestLimits, network_of
from service.bootstrap import Services
from store.accounts import audit
from store.accounts.audit import Action, Actor
from store.accounts.keys import Caller, Origin
from store.ids import ProjectId

CHALLENGE = {"WWW-Authenticate": "Bearer"}


async def reader(request: Request) -> Caller:
    """Return the caller, whose key has the scope `read`."""
    return await _caller(request, "read")


async def writer(request: Request) -> Caller:
    """Return the caller, whose key has the scope `write`, with the request for the audit log."""
    return replace(await _caller(request, "write"), origin=_origin(request))


async def admin(request: Request) -> Caller:
    """Return the caller, whose key has the scope `admin`, with the request for the audit log."""
    return replace(await _caller(request, "admin"), origin=_origin(request))


Reader = Annotated[Caller, Depends(reader)]
Writer = Annotated[Caller, Depends(writer)]
Admin = Annotated[Caller, Depends(admin)]
CHECKS = (reader, writer, admin)


async def authenticate_first(request: Request, dependant: Dependant) -> None:
    """Check the key that an endpoint needs, if it needs one, before anything else of the request is read."""
    for needed in _calls(dependant):
        if needed in CHECKS:
            await needed(request)


async def _caller(request: Request, scope: str) -> Caller:
    """Return the caller, looked up one time per request. Raises `Unauthenticated` or `Forbidden` (scope)."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        caller = request.state.caller = await _look_up(request)
        limits: RequestLimits = request.app.state.request_limits
        request.state.rate_limit_fields = await limits.admit(caller)
    if scope not in caller.scopes:
        _note_denial(request, audit.actor_of(caller), caller.project, 403)
        raise Forbidden(
            f"This request needs a key with the scope {scope}; this key has {', '.join(sorted(caller.scopes))}."
        )
    return caller


async def _look_up(request: Request) -> Caller:
    """Return whose key was sent. A key that was looked up just now needs no thread: this is part of every poll."""
    services: Services = request.app.state.services
    key = _bearer(request.headers.get("authorization"))
    is_known, caller = services.keyring.cached_caller(key)
    limits: RequestLimits = request.app.state.request_limits
    if not is_known:
        _check_address(request, services, limits, key)
        caller = await to_thread.run_sync(services.keyring.caller, key, limiter=request.app.state.key_readers)
    if caller is None:
        _note_denial(request, Actor(kind="anonymous"), None, 401)
        if key is not None:
            await limits.bad_keys.admit(network_of(address_of(request)))
        raise Unauthenticated("Send a valid API key: Authorization: Bearer bp_live_…", headers=CHALLENGE)
    return caller


def _check_address(request: Request, services: Services, limits: RequestLimits, key: str | None) -> None:
    """Look no unknown key up for an address that sent too many invalid ones. Raises `RateLimited`."""
    network = network_of(address_of(request))
    if key is not None and limits.bad_keys.is_empty(network) and not services.keyring.was_valid(key):
        raise limits.bad_keys.error(network)


def _note_denial(request: Request, actor: Actor, project: ProjectId | None, status: int) -> None:
    services: Services = request.app.state.services
    origin = _origin(request)
    action = Action(
        project=project,
        operation=origin.operation,
        status=status,
        outcome="denied",
        request_id=origin.request_id,
        address=origin.address,
    )
    services.activity.denied(actor, action)


def _origin(request: Request) -> Origin:
    return Origin(
        operation=request.scope["route"].name,
        request_id=getattr(request.state, "request_id", None),
        address=address_of(request),
    )


def address_of(request: Request) -> str | None:
    """Return the address of the client, or of the proxy before this service if the service does not trust it."""
    return request.client.host[:64] if request.client else None


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _bearer(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("The Authorization header must have the form: Bearer bp_live_…", headers=CHALLENGE)
    return key.strip()
