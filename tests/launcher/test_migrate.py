"""The migrate command creates the database and stores the configured API key."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from launcher.migrate import NOT_CONFIGURED, migrate_and_store_key, run
from service.settings import Settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot


def test_migrate_stores_the_configured_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", api_key=SecretStr("bp_live_a_key_of_this_test"))
    assert migrate_and_store_key(settings) == 0
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        assert keys.caller_of(tx, "bp_live_a_key_of_this_test", settings.secret()) is not None
    engine.dispose()


def test_migrate_refuses_a_short_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate_and_store_key(Settings(data=tmp_path, api_key=SecretStr("short"))) == NOT_CONFIGURED
    assert "BACKPROP_API_KEY: An API key needs at least 24" in capsys.readouterr().err


def test_the_first_key_is_created_and_printed_only_if_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, first_key=True) == 0
    printed = capsys.readouterr().out
    (key,) = re.findall(rf"{keys.PREFIX}[\w-]+", printed)
    assert "shown only here" in printed
    assert run(tmp_path, first_key=True) == 0
    assert capsys.readouterr().out == ""
    settings = Settings(data=tmp_path)
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        assert keys.caller_of(tx, key, settings.secret()) is not None
    engine.dispose()
