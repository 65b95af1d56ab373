"""Fixtures of the proofs of reliability: a service to break, sizes for both forms, and rows of the table at the end."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.proof_summary import NAME, Note, Size
from tests.support.servers import PostgresServer, RedisServer, valkey_binary
from tests.support.service_under_test import ServiceUnderTest
from tests.support.worker_fixture import worker_fixture  # noqa: F401 - a fixture

DATABASES = {"short": ["postgres"], "long": ["postgres", "sqlite"]}
_numbers = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Houses stand on PostgreSQL, in the long form on SQLite also."""
    if "service" in metafunc.fixturenames:
        form = "long" if metafunc.config.getoption("--long") else "short"
        metafunc.parametrize("grounds", DATABASES[form], indirect=True, scope="session")


@pytest.fixture(scope="session")
def broker() -> Iterator[RedisServer]:
    """A Valkey that may be flushed and stopped at will."""
    server = RedisServer(valkey_binary()).start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def grounds(
    request: pytest.FixtureRequest, broker: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    """A service on a database of its own, for all tests of this process."""
    folder = tmp_path_factory.mktemp("service")
    service = ServiceUnderTest(_database(request, folder), broker, folder)
    try:
        service.open()
        yield service
    finally:
        service.end()


@pytest.fixture
def service(grounds: ServiceUnderTest) -> Iterator[ServiceUnderTest]:
    """The service, alive at the beginning, with one worker."""
    grounds.revive()
    yield grounds
    if "second worker" in grounds.parts:
        grounds.kill("second worker")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """How much of something, in the short and in the long form."""
    long = request.config.getoption("--long")
    return lambda in_short, in_long: in_long if long else in_short


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Tells the figure that a proof has come to."""
    return lambda figure: record_property("figure", figure)


@pytest.fixture(autouse=True)
def _row(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    if marker := request.node.get_closest_marker("proof"):
        record_property(NAME, marker.args)


def _database(request: pytest.FixtureRequest, folder: Path) -> str:
    from store.db.migrate import migrate

    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'backprop.db'}"
        migrate(url)
        return url
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    name = f"house_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    server.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")  # it is to crash and lose nothing
    return server.url(name)
