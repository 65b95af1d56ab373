"""The key ring: keys are cached for half a second, and one key closes the service to everybody else."""

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from service.keyring import CACHE_SECONDS, OUTAGE_SECONDS, REFRESH_SECONDS, Keyring
from store.accounts import keys
from store.accounts.keys import ANONYMOUS, KeyGrant
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction

SECRET = b"secret"


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def sessions(sqlite_url: str) -> Iterator[Sessions]:
    """Transactions on an empty, migrated database."""
    engine = open_database(sqlite_url)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """The clock of the key ring."""
    return Clock()


@pytest.fixture
def keyring(sessions: Sessions, clock: Clock) -> Keyring:
    """A key ring on the database."""
    return Keyring(sessions, lambda: SECRET, clock)


def add_key(sessions: Sessions) -> str:
    """Add a key to the database and return it."""
    key = keys.new_key()
    with transaction(sessions) as tx:
        keys.add(tx, key, SECRET, KeyGrant(name="test"))
    return key


def test_without_keys_anybody_may_call(keyring: Keyring) -> None:
    assert keyring.caller(None) == ANONYMOUS
    assert keyring.caller("bp_live_wrong") is None


def test_a_valid_key_names_its_caller(keyring: Keyring, sessions: Sessions) -> None:
    caller = keyring.caller(add_key(sessions))
    assert caller is not None
    assert "write" in caller.scopes
    assert keyring.caller(None) is None


def test_a_revoked_key_works_until_the_cache_expires(keyring: Keyring, sessions: Sessions, clock: Clock) -> None:
    key = add_key(sessions)
    assert keyring.caller(key) is not None
    with transaction(sessions) as tx:
        keys.revoke(tx, keys.every(tx)[0].id)
    clock.now += CACHE_SECONDS / 2
    assert keyring.caller(key) is not None
    clock.now += CACHE_SECONDS
    assert keyring.caller(key) is None


def test_a_valid_key_is_accepted_while_the_database_is_away(keyring: Keyring, sessions: Sessions, clock: Clock) -> None:
    key = add_key(sessions)
    keyring.caller(key)
    sessions.kw["bind"].dispose()
    sessions.configure(bind=open_database("postgresql://nobody@127.0.0.1:1/none"))
    clock.now += OUTAGE_SECONDS
    assert keyring.caller(key) is not None
    with pytest.raises(OperationalError):
        keyring.caller("bp_live_another")
    clock.now += 1
    with pytest.raises(OperationalError):
        keyring.caller(key)


def test_a_key_in_use_is_refreshed_before_it_expires(keyring: Keyring, sessions: Sessions, clock: Clock) -> None:
    key = add_key(sessions)
    assert not keyring.begin_refresh(key)
    keyring.caller(key)
    clock.now += REFRESH_SECONDS + 0.01
    assert [keyring.begin_refresh(key) for _ in range(3)] == [True, False, False]
    keyring.refresh(key)
    clock.now += CACHE_SECONDS - 0.01
    assert keyring.cached_caller(key)[0]
    assert keyring.begin_refresh(key)
