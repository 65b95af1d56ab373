"""What is needed to answer a request in front of the framework: its headers and its caller, without a query."""

import asyncio
from contextlib import suppress

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from api.http.hosts import is_loopback_address
from api.http.middleware import CLIENT_ID
from service.keyring import Keyring
from store.accounts.keys import Caller
from store.ids import new_request_id

BEARER = "Bearer "
NO_SNIFFING = (b"x-content-type-options", b"nosniff")

Headers = dict[bytes, str]
RawHeader = tuple[bytes, bytes]


class FastCallers:
    """Finds the callers whose keys were looked up just now, and has keys looked up again before that is long ago."""

    def __init__(self) -> None:
        self._refreshes = set[asyncio.Task[None]]()

    def find(self, keyring: Keyring, headers: Headers) -> Caller | None:
        """Return the caller if the key was looked up just now. Without keys, only this machine may call."""
        authorization = headers.get(b"authorization")
        if authorization is not None and not authorization.startswith(BEARER):
            return None
        key = authorization and authorization[len(BEARER) :].strip()
        if not keyring.is_closed and not is_loopback_address(headers.get(b"host", "")):
            return None
        if keyring.begin_refresh(key):
            task = asyncio.create_task(_refresh(keyring, key))
            self._refreshes.add(task)
            task.add_done_callback(self._refreshes.discard)
        return keyring.cached_caller(key)[1]


async def _refresh(keyring: Keyring, key: str | None) -> None:
    with suppress(SQLAlchemyError):  # the next request reports it
        await to_thread.run_sync(keyring.refresh, key)


def read_headers(scope: Scope, read: frozenset[bytes], read_elsewhere: frozenset[bytes]) -> Headers | None:
    """Return the headers in `read`; None if one is repeated, or if there are some of `read_elsewhere`."""
    found: Headers = {}
    for name, value in scope["headers"]:
        if name in read:
            if name in found:
                return None
            found[name] = value.decode("latin-1")
        elif name in read_elsewhere:
            return None
    return found


def common_headers(headers: Headers) -> list[RawHeader]:
    """Return the headers that every response has."""
    sent_id = headers.get(b"x-request-id", "")
    request_id = sent_id if sent_id and CLIENT_ID.fullmatch(sent_id) else new_request_id()
    return [(b"x-request-id", request_id.encode()), NO_SNIFFING]
