"""Problems of the machine are reported before anything starts."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.errors import LaunchError
from launcher.machine import check_shared_memory, free_port


def test_a_port_in_use_is_named(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(LaunchError, match=f"port {port}: Address already in use"):
        free_port("127.0.0.1", port)


def test_port_0_selects_a_free_port() -> None:
    assert 0 < free_port("127.0.0.1", 0) < 65536


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LaunchError, match="cannot listen on 192\\.0\\.2\\.1"):
        free_port("192.0.2.1", 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps semaphores in /dev/shm")
def test_unusable_shared_memory_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="mount -t tmpfs"):
        check_shared_memory(tmp_path / "missing")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener
