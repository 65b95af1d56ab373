"""The embedded broker is found, listens on a private socket, and keeps its data across restarts."""

import io
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from launcher import broker
from launcher.broker import MAX_SOCKET_PATH, EmbeddedBroker, embedded
from launcher.errors import LaunchError
from launcher.processes.console import Console
from launcher.processes.parts import broker_part
from launcher.processes.supervisor import Supervisor


@pytest.fixture(autouse=True)
def no_server_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def test_a_server_on_path_is_preferred_to_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded(tmp_path).binary == server


def test_the_socket_is_in_the_data_folder(tmp_path: Path) -> None:
    assert embedded(tmp_path).socket.parent == tmp_path / "broker"


@pytest.mark.parametrize("name", ["d" * 110, "with blank", "per%cent"])
def test_unsuitable_socket_paths_move_to_a_private_temporary_folder(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    data.mkdir()
    found = embedded(data)
    assert len(bytes(found.socket)) <= broker.MAX_SOCKET_PATH
    assert stat.S_IMODE(found.socket.parent.stat().st_mode) == 0o700
    found.remove_socket_folder()
    assert not found.socket.parent.exists()


def test_a_temporary_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "with blank"
    data.mkdir()
    folder = embedded(data).socket.parent
    folder.chmod(0o755)
    with pytest.raises(LaunchError, match="not a private folder"):
        embedded(data)
    folder.rmdir()


def test_data_survives_a_restart_and_the_socket_is_private(tmp_path: Path) -> None:
    found = embedded(tmp_path)
    serve(found, lambda client: client.set("queue", "kept"))
    assert serve(found, lambda client: client.get("queue")) == b"kept"


def serve(server: EmbeddedBroker, use: Callable[[redis.Redis], object]) -> object:
    """Start the broker, call `use` with a client, and stop the broker."""
    supervisor = Supervisor(Console(io.StringIO()))
    supervisor.start(broker_part(server))
    deadline = time.monotonic() + 10
    while not server.answers():
        assert time.monotonic() < deadline
        supervisor.check()
        time.sleep(0.01)
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    with redis.Redis.from_url(server.url) as client:
        answer = use(client)
    supervisor.stop()
    return answer


def test_a_deep_temporary_folder_gets_a_short_socket_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    found = embedded(deep)
    try:
        assert len(bytes(found.socket)) <= MAX_SOCKET_PATH
    finally:
        found.remove_socket_folder()
