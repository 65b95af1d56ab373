"""The key command creates, lists and revokes keys in a database that it creates if there is none."""

import re
from pathlib import Path

import pytest

from launcher.__main__ import main
from launcher.keys import create_key, list_keys, revoke_key
from service.settings import Settings
from store.accounts import keys
from store.accounts.keys import Caller, KeyGrant
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot
from store.ids import DEFAULT_PROJECT, KeyId, ProjectId

BILLING = KeyGrant(name="billing")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def caller_of(settings: Settings, key: str) -> Caller | None:
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        caller = keys.caller_of(tx, key, settings.secret())
    engine.dispose()
    return caller


def test_created_key_is_valid(settings: Settings) -> None:
    caller = caller_of(settings, create_key(settings, BILLING))
    assert caller is not None
    assert (caller.project, caller.scopes, caller.key_name) == (DEFAULT_PROJECT, frozenset(keys.SCOPES), "billing")


def test_key_has_the_scopes_it_was_created_with(settings: Settings) -> None:
    key = create_key(settings, KeyGrant(name="viewer", scopes=("read",)))
    caller = caller_of(settings, key)
    assert caller is not None
    assert caller.scopes == {"read"}


def test_expired_key_is_invalid(settings: Settings) -> None:
    assert caller_of(settings, create_key(settings, KeyGrant(name="short", valid_seconds=-1))) is None
    assert caller_of(settings, create_key(settings, KeyGrant(name="long", valid_seconds=60))) is not None


def test_revoked_key_is_invalid_and_keeps_its_first_revocation_time(settings: Settings) -> None:
    key = create_key(settings, BILLING)
    (listed,) = list_keys(settings)
    assert listed.revoked_at is None
    revoke_key(settings, listed.id)
    (revoked,) = list_keys(settings)
    revoke_key(settings, listed.id)
    assert caller_of(settings, key) is None
    assert revoked.revoked_at is not None
    assert list_keys(settings) == [revoked]


def test_unknown_project_and_unknown_key_are_errors(settings: Settings) -> None:
    with pytest.raises(ValueError, match="There is no project 'prj_none'"):
        create_key(settings, KeyGrant(name="billing", project=ProjectId("prj_none")))
    with pytest.raises(ValueError, match="There is no key 'key_none'"):
        revoke_key(settings, KeyId("key_none"))


def test_commands_create_list_and_revoke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path / "data")]
    assert main(["key", "create", "--name", "billing", "--scopes", "read,write", "--expires", "90d", *data]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith(keys.PREFIX)
    assert main(["key", "list", *data]) == 0
    listed = capsys.readouterr().out
    assert key not in listed
    assert re.search(r"billing +prj_default +read,write +\S+Z +\S+Z +-", listed)
    key_id = re.findall(r"key_\w+", listed)[0]
    assert main(["key", "revoke", key_id, *data]) == 0
    assert main(["key", "revoke", "key_none", *data]) == 1
    assert "error: There is no key 'key_none'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(["--expires", "soon"], "not a duration"), (["--scopes", "read,fly"], "unknown scope 'fly'")],
)
def test_invalid_options_are_explained(arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["key", "create", *arguments])
    assert ended.value.code == 2
    assert error in capsys.readouterr().err
