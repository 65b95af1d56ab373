"""A data folder is used by one service at a time and only where it can work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.errors import LaunchError
from launcher.folder import DataFolder, check_local, network_file_system

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/fast\\040disk xfs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


def test_the_second_service_on_a_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    with pytest.raises(LaunchError, match=f"in use by process {os.getpid()}"):
        DataFolder.open(tmp_path / "data")
    folder.close()


def test_a_folder_can_be_used_again_once_it_is_closed(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    DataFolder.open(tmp_path / "data").close()


def test_what_a_killed_service_was_receiving_goes_and_nothing_while_another_holds_the_folder(tmp_path: Path) -> None:
    left, kept = tmp_path / "uploads" / "upload-1" / "body", tmp_path / "uploads" / "mine.csv"
    for file in (left, kept):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a,b")
    folder = DataFolder.open(tmp_path)
    assert (left.parent.exists(), kept.exists()) == (False, True)
    left.parent.mkdir()
    with pytest.raises(LaunchError):
        DataFolder.open(tmp_path)
    assert left.parent.exists()
    folder.close()


def test_the_remains_of_a_killed_service_are_waited_for(tmp_path: Path) -> None:
    """A child that inherited the lock holds it for half a second after its launcher is gone."""
    code = f"""
import os, subprocess, sys
from pathlib import Path
from launcher.folder import DataFolder
folder = DataFolder.open(Path({str(tmp_path)!r}))
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=[folder.lock])
os._exit(1)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == 1
    DataFolder.open(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match=r"cannot write to the data folder .*: Not a directory"):
        DataFolder.open(tmp_path / "file" / "data")


def test_the_folder_is_closed_to_other_users(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_network_file_system_is_recognised(mounts: Path) -> None:
    assert network_file_system(Path("/home/me/data"), mounts) == "nfs4"


def test_a_local_disk_mounted_below_a_network_file_system_is_local(mounts: Path) -> None:
    assert network_file_system(Path("/home/fast disk/data"), mounts) is None


def test_a_machine_without_a_mount_table_is_taken_for_local(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "missing") is None


def test_the_folder_of_this_test_is_local(tmp_path: Path) -> None:
    check_local(tmp_path)
