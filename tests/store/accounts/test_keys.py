"""API keys in the database: valid, unknown, revoked and expired ones."""

import pytest

from store.accounts import keys
from store.accounts.keys import ANONYMOUS, KeyGrant
from store.db.database import Sessions
from store.db.transaction import transaction

SECRET = b"secret"


def test_key_is_found_under_its_own_secret_only(sessions: Sessions) -> None:
    key = keys.new_key()
    with transaction(sessions) as tx:
        assert not keys.any_exist(tx)
        keys.add(tx, key, SECRET, KeyGrant(name="billing"))
        keys.add(tx, key, SECRET, KeyGrant(name="the same key again"))
        assert keys.any_exist(tx)
        assert [info.name for info in keys.every(tx)] == ["billing"]
        caller = keys.caller_of(tx, key, SECRET)
        assert caller is not None
        assert (caller.project, caller.scopes) == (ANONYMOUS.project, ANONYMOUS.scopes)
        assert keys.caller_of(tx, key, b"another secret") is None
        assert keys.caller_of(tx, keys.new_key(), SECRET) is None


def test_expired_and_revoked_keys_have_no_caller(sessions: Sessions) -> None:
    expired, revoked = keys.new_key(), keys.new_key()
    with transaction(sessions) as tx:
        keys.add(tx, expired, SECRET, KeyGrant(name="expired", valid_seconds=-1))
        keys.add(tx, revoked, SECRET, KeyGrant(name="revoked"))
        tx.flush()
        assert keys.revoke(tx, keys.every(tx)[1].id)
        assert [keys.caller_of(tx, key, SECRET) for key in (expired, revoked)] == [None, None]


@pytest.mark.parametrize("key", ["short", "bp_live_ with spaces and long enough\n", "bp_live_éééééééééééééééééééé"])
def test_key_that_can_be_guessed_or_not_sent_is_refused(sessions: Sessions, key: str) -> None:
    with pytest.raises(ValueError, match="at least 24 visible ASCII"), transaction(sessions) as tx:
        keys.add(tx, key, SECRET, KeyGrant(name="bad"))
