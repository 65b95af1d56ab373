"""API keys and their callers: each key is looked up a few times a second at most."""

import functools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from store.accounts import keys
from store.accounts.keys import ANONYMOUS, Caller
from store.db.database import Sessions, is_transient
from store.db.transaction import snapshot
from store.ids import KeyId

CACHE_SECONDS = 0.5  # a revoked key works this long at most; the promise is one second
REFRESH_SECONDS = 0.25  # after which a key that is in use is looked up again, before its cached caller expires
OUTAGE_SECONDS = 900.0  # how long a key that was valid is accepted while the database cannot be reached
MAX_CACHED = 10_000  # keys; invalid ones count as well


@dataclass(slots=True, kw_only=True)
class CachedCaller:
    """Who calls with a key: None if it is invalid."""

    caller: Caller | None
    checked_at: float  # the last look-up, even if it failed
    confirmed_at: float  # the last look-up that succeeded
    is_refreshing: bool = False


class Keyring:
    """The API keys of the database, cached for half a second."""

    def __init__(
        self,
        sessions: Sessions,
        secret: Callable[[], bytes],
        clock: Callable[[], float] = time.monotonic,
        on_use: Callable[[KeyId | None], None] = lambda _key_id: None,
    ) -> None:
        """`on_use` is called with the key of a caller, at most twice a second."""
        self._on_use = on_use
        self._sessions = sessions
        self._secret = functools.cache(secret)  # only processes that check keys need it
        self._clock = clock
        self._cached: dict[str | None, CachedCaller] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether this process knows that every request needs a key."""
        return self._closed

    def cached_caller(self, key: str | None) -> tuple[bool, Caller | None]:
        """Return whether the caller is known without a query, and the caller."""
        cached = self._cached.get(key)
        if cached is None or self._clock() - cached.checked_at > CACHE_SECONDS:
            return False, None
        return True, cached.caller

    def was_valid(self, key: str | None) -> bool:
        """Return whether this key was valid when it was last looked up here."""
        cached = self._cached.get(key)
        return cached is not None and cached.caller is not None

    def begin_refresh(self, key: str | None) -> bool:
        """Return whether `key` should be looked up again soon. Whoever gets this answer has to call `refresh`."""
        cached = self._cached.get(key)
        if cached is None or cached.is_refreshing or self._clock() - cached.checked_at <= REFRESH_SECONDS:
            return False
        cached.is_refreshing = True
        return True

    def refresh(self, key: str | None) -> None:
        """Look `key` up, so that its next request need not wait for that."""
        try:
            self._look_up(key)
        finally:
            if cached := self._cached.get(key):
                cached.is_refreshing = False

    def caller(self, key: str | None) -> Caller | None:
        """Return who calls with `key`; without a key, anybody while the database has no keys; None if invalid.

        While the database cannot be reached, keys that were valid just before are accepted.
        """
        is_known, caller = self.cached_caller(key)
        return caller if is_known else self._look_up(key)

    def is_open(self) -> bool:
        """Return whether anybody may call: no key was ever created. Once there is a key, this never changes again."""
        if self._closed:
            return False
        self._closed = self.caller(None) is None
        return not self._closed

    def _look_up(self, key: str | None) -> Caller | None:
        now = self._clock()
        try:
            caller = self._read(key)
        except Exception as error:
            cached = self._cached.get(key)
            was_valid = cached and cached.caller and now - cached.confirmed_at <= OUTAGE_SECONDS
            if not cached or not was_valid or not is_transient(error):
                raise
            cached.checked_at = now
            return cached.caller
        with self._lock:
            if len(self._cached) >= MAX_CACHED:
                self._cached.clear()
            self._cached[key] = CachedCaller(caller=caller, checked_at=now, confirmed_at=now)
            self._closed |= key is not None and caller is not None  # there is a key
        if caller is not None:
            self._on_use(caller.key_id)
        return caller

    def _read(self, key: str | None) -> Caller | None:
        with snapshot(self._sessions) as tx:
            if key is not None:
                return keys.caller_of(tx, key, self._secret())
            return None if keys.any_exist(tx) else ANONYMOUS
