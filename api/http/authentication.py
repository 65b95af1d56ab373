"""Who sends a request: the bearer key in its `Authorization` header."""

from anyio import to_thread
from fastapi import Request

from api.http.errors import Forbidden, Unauthenticated
from service.keyring import Keyring
from store.accounts.keys import Caller

CHALLENGE = {"WWW-Authenticate": "Bearer"}


async def authenticate(request: Request, keyring: Keyring, scope: str) -> Caller:
    """Return the caller; raises `Unauthenticated`, or `Forbidden` without the scope.

    A key that was looked up just now needs no thread: this is part of every poll.
    """
    key = _bearer(request.headers.get("authorization"))
    is_known, caller = keyring.cached_caller(key)
    if not is_known:
        caller = await to_thread.run_sync(keyring.caller, key)
    if caller is None:
        raise Unauthenticated("Send a valid API key: Authorization: Bearer bp_live_…", headers=CHALLENGE)
    if scope not in caller.scopes:
        raise Forbidden(
            f"This request needs a key with the scope {scope}; this key has {', '.join(sorted(caller.scopes))}."
        )
    return caller


def _bearer(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("The Authorization header must have the form: Bearer bp_live_…", headers=CHALLENGE)
    return key.strip()
