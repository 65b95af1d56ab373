"""Create an API key and print it: ``./dev key --name billing``."""

import argparse
import sys
from pathlib import Path

from service.settings import Settings, settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import transaction


def main() -> int:
    """Create a key in the database of a data folder, or in the configured database."""
    parser = argparse.ArgumentParser(
        prog="./dev key", description="Create an API key. Once a key exists, every request needs one."
    )
    parser.add_argument("--name", default="default", help="a name that tells you who uses the key")
    parser.add_argument("--data", type=Path, help="the data folder of ./dev serve (default: the BACKPROP_ settings)")
    arguments = parser.parse_args()
    chosen = settings() if arguments.data is None else Settings(data=arguments.data)
    sys.stdout.write(create_key(chosen, arguments.name) + "\n")
    return 0


def create_key(settings: Settings, name: str) -> str:
    """Create a key in the configured database, which is first migrated to the newest schema."""
    if not settings.database_url:
        settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    key, engine = keys.new_key(), open_database(settings.database)
    with transaction(open_sessions(engine)) as tx:
        keys.add(tx, key, settings.secret(), name=name)
    engine.dispose()
    return key


if __name__ == "__main__":
    sys.exit(main())
