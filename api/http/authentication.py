"""Who calls: bearer keys, looked up at most once a second each; without any key, whoever is on this machine."""

import threading
import time
from collections.abc import Callable

from fastapi import Request

from api.http.errors import Forbidden, Unauthenticated
from store.accounts import keys
from store.accounts.keys import ANYBODY, Caller
from store.db.database import Sessions
from store.db.transaction import snapshot

TRUST_SECONDS = 0.5  # a revoked key works at most so long; the promise is one second
MAX_TRUSTED = 10_000


class Keyring:
    """The keys of the database, remembered for half a second."""

    def __init__(self, sessions: Sessions, secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._secret = secret
        self._clock = clock
        self._known: dict[str | None, tuple[float, Caller | None]] = {}
        self._lock = threading.Lock()

    def caller(self, request: Request, scope: str) -> Caller:
        """Whose request this is; raises `Unauthenticated`, or `Forbidden` without the scope."""
        caller = self._remembered(_bearer(request.headers.get("authorization")))
        if caller is None:
            raise Unauthenticated(
                "Send Authorization: Bearer bp_live_… with a valid key.", headers={"WWW-Authenticate": "Bearer"}
            )
        if scope not in caller.scopes:
            raise Forbidden(f"The key has the scopes {', '.join(sorted(caller.scopes))}; this needs {scope}.")
        return caller

    def _remembered(self, key: str | None) -> Caller | None:
        now = self._clock()
        at, caller = self._known.get(key, (0.0, None))
        if key not in self._known or now - at > TRUST_SECONDS:
            caller = self._look_up(key)
            with self._lock:
                if len(self._known) >= MAX_TRUSTED:
                    self._known.clear()
                self._known[key] = (now, caller)
        return caller

    def _look_up(self, key: str | None) -> Caller | None:
        with snapshot(self._sessions) as tx:
            if key is not None:
                return keys.caller_of(tx, key, self._secret)
            return None if keys.any_exist(tx) else ANYBODY


def _bearer(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated(
            "The Authorization header is not of the form: Bearer bp_live_…", headers={"WWW-Authenticate": "Bearer"}
        )
    return key.strip()
