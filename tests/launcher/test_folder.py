"""A data folder belongs to one service at a time, and must be on a local, writable disk."""

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


def test_a_second_service_on_a_folder_is_refused_with_the_process_id(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    with pytest.raises(LaunchError, match=f"in use by process {os.getpid()}"):
        DataFolder.open(tmp_path / "data")
    folder.close()


def test_a_closed_folder_can_be_opened_again(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    DataFolder.open(tmp_path / "data").close()


def test_only_the_lock_owner_removes_unfinished_uploads(tmp_path: Path) -> None:
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


def test_opening_waits_for_processes_of_a_killed_launcher(tmp_path: Path) -> None:
    """A child that inherited the lock keeps it for half a second after its launcher has ended."""
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


def test_a_folder_that_cannot_be_created_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match=r"cannot write to the data folder .*: Not a directory"):
        DataFolder.open(tmp_path / "file" / "data")


def test_the_folder_is_closed_to_other_users(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_network_file_system_is_recognized(mounts: Path) -> None:
    assert network_file_system(Path("/home/me/data"), mounts) == "nfs4"


def test_a_local_disk_mounted_below_a_network_file_system_is_local(mounts: Path) -> None:
    assert network_file_system(Path("/home/fast disk/data"), mounts) is None


def test_without_a_mount_table_a_folder_counts_as_local(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "missing") is None


def test_the_folder_of_this_test_is_local(tmp_path: Path) -> None:
    check_local(tmp_path)
