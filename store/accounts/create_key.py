"""Make an API key and print it once: ``python -m store.accounts.create_key --name billing``."""

import argparse
import sys
from pathlib import Path

from service.settings import Settings, settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import transaction


def main() -> int:
    """Make a key for the service on the given folder, or on the database of the environment."""
    parser = argparse.ArgumentParser(prog="./dev key", description="Make an API key; from then on, callers need one.")
    parser.add_argument("--name", default="default", help="whose key it is, for your own lists")
    parser.add_argument("--data", type=Path, help="the folder that ./dev serve has as --data")
    arguments = parser.parse_args()
    here = settings() if arguments.data is None else Settings(data=arguments.data)
    sys.stdout.write(make(here, arguments.name) + "\n")
    return 0


def make(here: Settings, name: str) -> str:
    """A new key in the database of `here`, which is brought to the newest schema first."""
    if not here.database_url:
        here.data.mkdir(parents=True, exist_ok=True)
    migrate(here.database)
    key, engine = keys.new_key(), open_database(here.database)
    with transaction(open_sessions(engine)) as tx:
        keys.add(tx, key, here.secret(), name=name)
    engine.dispose()
    return key


if __name__ == "__main__":
    sys.exit(main())
