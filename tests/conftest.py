"""Fixtures every test may ask for: fresh migrated databases and real brokers.

Servers start when the first test of a worker process needs them; each worker process has its own.
"""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.proof_summary import print_proofs
from tests.support.servers import PostgresServer, RedisServer, redis_binary, valkey_binary

TEMPLATE = "template_backprop"
BROKERS = ["valkey", "redis"] if redis_binary() else ["valkey"]
_database_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--long``."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    config.addinivalue_line("markers", "long: takes more than a few seconds; runs with --long only")
    config.addinivalue_line("markers", "proof(number, claim, limit): a proof of reliability, for the table at the end")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the proofs of reliability that ran."""
    print_proofs(terminalreporter, "long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless they are asked for."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL; tests that stop it start it again."""
    server = PostgresServer()
    try:
        yield server.create()
    finally:
        server.destroy()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database that nobody is connected to."""
    from store.db.migrate import migrate

    postgres_server.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgres_server.url(TEMPLATE))
    postgres_server.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
    postgres_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}'")
    return TEMPLATE


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"test_{next(_database_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody has open."""
    from store.db.migrate import migrate

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "backprop.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[RedisServer]:
    """A running Valkey; tests that stop it start it again."""
    yield from _serve(valkey_binary())


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis, on machines that have one; reached through ``broker_url``."""
    binary = redis_binary()
    assert binary, "no redis-server on PATH: ask for broker_url or valkey_url"
    yield from _serve(binary)


@pytest.fixture
def valkey_url(valkey_server: RedisServer) -> str:
    """The address of an empty Valkey, for redis-py and Celery alike."""
    valkey_server.flush()
    return valkey_server.url


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an empty Redis, for redis-py and Celery alike."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(params=BROKERS)
def broker_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty broker, once per kind that this machine has."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _serve(binary: Path) -> Iterator[RedisServer]:
    server = RedisServer(binary)
    try:
        yield server.start()
    finally:
        server.destroy()
