"""`Idempotency-Key`: a request that is sent again with the same key gets the first response again."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse

from api.http.errors import InvalidHeader
from store.accounts import audit, idempotency
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot, transaction

REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """The key of a request, and the hash of the request."""

    key: str
    request: str


def key_of(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A key of your choice. For 24 hours, the same request with the same key gets the first "
            "response again.",
            json_schema_extra={"pattern": f"^{KEY.pattern}$"},
        ),
    ] = None,
) -> str | None:
    """Return the `Idempotency-Key`, if one was sent."""
    if idempotency_key is not None and not KEY.fullmatch(idempotency_key):
        raise InvalidHeader("Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(key_of)]


async def keyed_request(request: Request, key: IdempotencyKey) -> KeyedRequest | None:
    """Return the key of a request with a small body, with the hash of method, URL and body."""
    if key is None:
        return None
    sent = getattr(request, "sent", None)  # the parsed JSON: white space and the order of fields do not count
    body = await request.body() if sent is None else json.dumps(sent, sort_keys=True).encode()
    return hash_request(request, key, body)


def hash_request(request: Request, key: str | None, body: bytes) -> KeyedRequest | None:
    """Return the key, if there is one, with the hash of the request; `body` may itself be a hash."""
    if key is None:
        return None
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(body)
    return KeyedRequest(key=key, request=digest.hexdigest())


Idempotent = Annotated[KeyedRequest | None, Depends(keyed_request)]


def replayed(sessions: Sessions, caller: Caller, keyed: KeyedRequest | None) -> JSONResponse | None:
    """Return the first answer if the key was used before: look here before long work, which a repetition can spare."""
    if keyed is None:
        return None
    with snapshot(sessions) as tx:
        first = idempotency.find(tx, caller.project, keyed.key, keyed.request)
    return _repeat(first) if first else None


def run_idempotently(
    sessions: Sessions, caller: Caller, keyed: KeyedRequest | None, use_case: Callable[[Tx], Answer]
) -> JSONResponse:
    """Run the use case, store its answer and record it for the audit log, in one transaction.

    If the key was used before, only repeat the answer that it got.
    """
    with transaction(sessions, "answer") as tx:
        first = idempotency.begin(tx, caller.project, keyed.key, keyed.request) if keyed else None
        if first is not None:
            return _repeat(first)
        answer = use_case(tx)
        audit.record_request(
            tx, caller, answer.body.get("id") or answer.body.get("job_id"), answer.status, answer.project
        )
        if keyed:
            idempotency.store_answer(tx, caller.project, keyed.key, answer)
    return JSONResponse({**answer.body, **answer.shown_once}, answer.status, answer.headers)


def _repeat(first: Answer) -> JSONResponse:
    return JSONResponse(first.body, first.status, {**first.headers, REPLAYED: "true"})
