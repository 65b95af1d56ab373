"""The migrate command creates the database and stores the configured API key."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from launcher.migrate import NOT_CONFIGURED, run
from service.settings import Settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot


def test_migrate_stores_the_configured_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", api_key=SecretStr("bp_live_a_key_of_this_test"))
    assert run(settings) == 0
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        assert keys.caller_of(tx, "bp_live_a_key_of_this_test", settings.secret()) is not None
    engine.dispose()


def test_migrate_refuses_a_short_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Settings(data=tmp_path, api_key=SecretStr("short"))) == NOT_CONFIGURED
    assert "BACKPROP_API_KEY: An API key needs at least 24" in capsys.readouterr().err
