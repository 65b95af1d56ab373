"""Back up a running service: ``backprop-server backup FOLDER``."""

import shutil
import sys
import time
from pathlib import Path

from sqlalchemy import make_url

from launcher.configuration import chosen_settings
from launcher.errors import LaunchError
from service.command_name import COMMAND
from service.settings import Settings
from store.db.backup import copy_database

BAR_WIDTH = 30
POSTGRESQL = """\
The database is PostgreSQL. Back it up with its own program, and keep secret.key with the copy:
  pg_dump --format=custom --file=backprop.dump {url}
docs/operations.md tells how to restore it."""
KEEP_KEY = "BACKPROP_SECRET_KEY is set: keep its value with the backup. Without it, no API key is valid."


def run(folder: Path, data: Path | None = None) -> int:
    """Back up to `folder`; exit code 1 if there is no backup afterwards."""
    try:
        back_up(chosen_settings(data), folder)
    except (LaunchError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def back_up(settings: Settings, folder: Path) -> None:
    """Create `folder` with a copy of the database and of the secret key: a data folder for ``serve --data``.

    Raises:
        LaunchError: the database is not SQLite, does not exist, or `folder` exists.
    """
    source = _database_file(settings)
    if folder.exists():
        raise LaunchError(f"{folder} exists: name a new folder")
    start = time.monotonic()
    folder.mkdir(parents=True, mode=0o700)
    try:
        copy_database(source, folder / "backprop.sqlite3", _show_progress)
        _copy_secret(settings, folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    size = (folder / "backprop.sqlite3").stat().st_size
    sys.stdout.write(
        f"backed up {size / 1e6:,.1f} MB to {folder} in {time.monotonic() - start:.1f} s\n"
        f"start it with: {COMMAND} serve --data {folder}\n"
    )


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        raise LaunchError(POSTGRESQL.format(url=url.set(drivername="postgresql", password=None)))
    source = Path(url.database or "")
    if not source.is_file():
        raise LaunchError(f"{source} does not exist: name the folder of the service with --data")
    return source


def _copy_secret(settings: Settings, folder: Path) -> None:
    if settings.secret_key.get_secret_value():
        sys.stdout.write(f"{KEEP_KEY}\n")
    else:
        settings.secret()  # creates the file of a service that has no key yet
        shutil.copy2(settings.data / "secret.key", folder / "secret.key")


def _show_progress(fraction: float) -> None:
    if sys.stderr.isatty():
        bar = "█" * round(fraction * BAR_WIDTH)
        sys.stderr.write(f"\r{bar:░<{BAR_WIDTH}} {fraction:4.0%}" + ("\n" if fraction == 1 else ""))
