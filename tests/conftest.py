"""Fixtures for all tests: fresh migrated databases and real brokers.

A server starts when the first test needs it. Each process of pytest-xdist has servers of its own.
"""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.proof_summary import print_proofs
from tests.support.servers import PostgresServer, RedisServer, redis_binary, valkey_binary

TEMPLATE = "template_backprop"
COPY_FILES = "STRATEGY FILE_COPY"  # a fifth of the time of the default, which writes every page to the log
BROKERS = ["valkey", "redis"] if redis_binary() else ["valkey"]
_database_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--long`` and ``--write-examples``."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")
    parser.addoption("--write-examples", action="store_true", help="write the examples of the OpenAPI document")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", "long: takes more than a few seconds; runs with --long only")
    config.addinivalue_line("markers", "one_database(name): runs no SQL of its own; on the other database with --long")
    config.addinivalue_line("markers", "proof(number, claim, limit): a proof of reliability, for the table at the end")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the reliability proofs that ran."""
    print_proofs(terminalreporter, "long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the long tests unless ``--long`` is given."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long") or _is_repetition(item)]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def _is_repetition(item: pytest.Item) -> bool:
    """Whether a test marked `one_database` would run on the other database."""
    marker = item.get_closest_marker("one_database")
    if marker is None or not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    (name,) = marker.args
    return item.callspec.params.get("database_url", name) != name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL. A test that stops it must start it again."""
    server = PostgresServer()
    try:
        yield server.create()
    finally:
        server.destroy()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database without connections, to copy from."""
    from store.db.migrate import migrate

    postgres_server.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgres_server.url(TEMPLATE))
    postgres_server.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
    postgres_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}'")
    return TEMPLATE


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database for one test."""
    name = f"test_{next(_database_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template} {COPY_FILES}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy from."""
    from store.db.migrate import migrate

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite file for one test."""
    path = tmp_path / "backprop.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database for one test; the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[RedisServer]:
    """A running Valkey. A test that stops it must start it again."""
    yield from _serve(valkey_binary())


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis, on machines that have one. Use it through ``broker_url``."""
    binary = redis_binary()
    assert binary, "no redis-server on PATH: use broker_url or valkey_url"
    yield from _serve(binary)


@pytest.fixture
def valkey_url(valkey_server: RedisServer) -> str:
    """The URL of an empty Valkey, for redis-py and Celery."""
    valkey_server.flush()
    return valkey_server.url


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis, for redis-py and Celery."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(params=BROKERS)
def broker_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty broker; the test runs on each type that is installed."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _serve(binary: Path) -> Iterator[RedisServer]:
    server = RedisServer(binary)
    try:
        yield server.start()
    finally:
        server.destroy()
