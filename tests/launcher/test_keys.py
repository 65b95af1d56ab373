"""The key command creates a database if there is none, and a key that the service accepts."""

from pathlib import Path

from launcher.keys import create_key
from service.settings import Settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot


def test_created_key_is_valid(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    key = create_key(settings, "billing")
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        assert keys.caller_of(tx, key, settings.secret()) == keys.ANYBODY
    engine.dispose()
