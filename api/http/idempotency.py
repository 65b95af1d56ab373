"""POSTs that are answered once: with an `Idempotency-Key`, a repetition gets the first answer."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse

from api.http.errors import InvalidHeader
from service.bootstrap import Services
from store.accounts import idempotency
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.db.transaction import Tx, transaction

REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """The caller's key for a request, and the hash of the request."""

    key: str
    request: str


def key_of(
    idempotency_key: Annotated[
        str | None,
        Header(description="Of your choice: the same request with it gets the first answer again, for 24 h."),
    ] = None,
) -> str | None:
    """The `Idempotency-Key`, if one was sent."""
    if idempotency_key is not None and not KEY.fullmatch(idempotency_key):
        raise InvalidHeader("Idempotency-Key is 1 to 255 visible ASCII characters.")
    return idempotency_key


Key = Annotated[str | None, Depends(key_of)]


async def request_key(request: Request, key: Key) -> RequestKey | None:
    """The key of a request with a small body, together with the hash of method, address and body."""
    return hashed(request, key, await request.body()) if key is not None else None


def hashed(request: Request, key: str | None, body: bytes) -> RequestKey | None:
    """The key, if there is one, together with the hash of the request; `body` may itself be a hash."""
    if key is None:
        return None
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(body)
    return RequestKey(key=key, request=digest.hexdigest())


Once = Annotated[RequestKey | None, Depends(request_key)]


def answer_once(
    services: Services, caller: Caller, key: RequestKey | None, make: Callable[[Tx], Answer]
) -> JSONResponse:
    """Make something and answer, in one transaction; or repeat the answer that this key got before."""
    with transaction(services.sessions, "answer") as tx:
        first = idempotency.begin(tx, caller.project, key.key, key.request) if key else None
        if first is not None:
            return JSONResponse(first.body, first.status, {**first.headers, REPLAYED: "true"})
        answer = make(tx)
        if key:
            idempotency.store_answer(tx, caller.project, key.key, answer)
    return JSONResponse(answer.body, answer.status, answer.headers)
