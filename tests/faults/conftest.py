"""Fixtures of the proofs of reliability: a service to break, and what a proof reports."""

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
    """Run the service on PostgreSQL, and in the long form also on SQLite."""
    if "service" in metafunc.fixturenames:
        form = "long" if metafunc.config.getoption("--long") else "short"
        metafunc.parametrize("shared_service", DATABASES[form], indirect=True, scope="session")


@pytest.fixture(scope="session")
def broker() -> Iterator[RedisServer]:
    """A Valkey that tests may empty and stop."""
    server = RedisServer(valkey_binary()).start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def shared_service(
    request: pytest.FixtureRequest, broker: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    """A service on a database of its own, shared by the tests of this process."""
    folder = tmp_path_factory.mktemp("service")
    service = ServiceUnderTest(_database(request, folder), broker, folder)
    try:
        service.open()
        yield service
    finally:
        service.end()


@pytest.fixture
def service(shared_service: ServiceUnderTest) -> Iterator[ServiceUnderTest]:
    """The shared service, with all parts running and one worker."""
    shared_service.revive()
    yield shared_service
    if "second worker" in shared_service.parts:
        shared_service.kill_part("second worker")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """Returns its first argument in the short form and its second in the long form."""
    long = request.config.getoption("--long")
    return lambda in_short, in_long: in_long if long else in_short


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Notes the figure that a proof measured."""
    return lambda figure: record_property("figure", figure)


@pytest.fixture(autouse=True)
def _proof_row(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
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
    name = f"faults_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    server.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")  # it must not lose commits when it crashes
    return server.url(name)
