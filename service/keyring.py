"""API keys and their callers: each key is looked up at most twice a second."""

import functools
import math
import threading
import time
from collections.abc import Callable

from store.accounts import keys
from store.accounts.keys import ANONYMOUS, Caller
from store.db.database import Sessions
from store.db.transaction import snapshot

CACHE_SECONDS = 0.5  # a revoked key works this long at most; the promise is one second
MAX_CACHED = 10_000  # keys; invalid ones count as well


class Keyring:
    """The API keys of the database, cached for half a second."""

    def __init__(
        self, sessions: Sessions, secret: Callable[[], bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = sessions
        self._secret = functools.cache(secret)  # only processes that check keys need it
        self._clock = clock
        self._cached: dict[str | None, tuple[float, Caller | None]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def cached_caller(self, key: str | None) -> tuple[bool, Caller | None]:
        """Return whether the caller is known without a query, and the caller."""
        at, caller = self._cached.get(key, (-math.inf, None))
        return self._clock() - at <= CACHE_SECONDS, caller

    def caller(self, key: str | None) -> Caller | None:
        """Return who calls with `key`; without a key, anybody while the database has no keys; None if invalid."""
        is_known, caller = self.cached_caller(key)
        if not is_known:
            now = self._clock()
            caller = self._look_up(key)
            with self._lock:
                if len(self._cached) >= MAX_CACHED:
                    self._cached.clear()
                self._cached[key] = (now, caller)
        return caller

    def is_open(self) -> bool:
        """Return whether anybody may call: no key was ever created. Once there is a key, this never changes again."""
        if self._closed:
            return False
        self._closed = self.caller(None) is None
        return not self._closed

    def _look_up(self, key: str | None) -> Caller | None:
        with snapshot(self._sessions) as tx:
            if key is not None:
                return keys.caller_of(tx, key, self._secret())
            return None if keys.any_exist(tx) else ANONYMOUS
