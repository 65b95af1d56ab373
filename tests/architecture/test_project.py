"""Rules for the project's files that no other tool checks."""

import ast
import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import PACKAGES, ROOT, SOURCES

COMMANDS = [
    name
    for names in re.findall(
        r"^    ([a-z-]+(?: \| [a-z-]+)*)\)", (ROOT / "dev").read_text().split("\ncase $command in")[1], re.MULTILINE
    )
    for name in names.split(" | ")
    if not name.startswith("-")
]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def test_every_file_starts_with_a_docstring() -> None:
    texts = {path: path.read_text() for path in SOURCES}
    assert texts
    assert [path for path, text in texts.items() if not starts_with_docstring(text)] == []


def starts_with_docstring(text: str) -> bool:
    return text.startswith('"""') and bool(text.removeprefix('"""').partition('"""')[0].strip())


def test_no_package_shadows_a_standard_module() -> None:
    assert set(PACKAGES) & sys.stdlib_module_names == set()


def test_the_engine_package_is_a_docstring_only() -> None:
    statements = ast.parse((ROOT / "engine" / "__init__.py").read_text()).body
    assert len(statements) == 1
    assert isinstance(statements[0], ast.Expr)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_locks_contain_versions_and_hashes_but_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    requirements = re.findall(r"^[\w.\[\]-]+==.*$", text, re.MULTILINE)
    assert requirements
    assert all(line.endswith("\\") for line in requirements), "hashes follow each requirement"


def test_the_development_lock_contains_the_runtime_lock() -> None:
    runtime, development = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    pins = re.findall(r"^[\w.\[\]-]+==[^ ;\\]+", runtime, re.MULTILINE)
    assert [pin for pin in pins if f"\n{pin}" not in f"\n{development}"] == []


def test_every_dependency_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text().lower()
    project = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("]\n")[0]
    names = re.findall(r'^ *"([\w-]+)', project, re.MULTILINE)
    assert names
    assert [name for name in names if not re.search(rf"^{name}(\[[a-z]+\])?==", lock, re.MULTILINE)] == []


def test_the_dev_script_is_posix_shell() -> None:
    subprocess.run(["sh", "-n", str(ROOT / "dev")], check=True)
    assert (ROOT / "dev").read_text().startswith("#!/bin/sh\n")
    assert (ROOT / "dev").stat().st_mode & 0o111


def test_the_usage_lists_every_command() -> None:
    usage = subprocess.run([str(ROOT / "dev"), "help"], capture_output=True, text=True, check=True).stdout
    assert {"demo", "serve", "test"} <= set(COMMANDS)
    named = set(re.findall(r"^  ([a-z, -]+?)(?:  |$)", usage, re.MULTILINE))
    assert [command for command in COMMANDS if command not in ", ".join(named).split(", ")] == []


@pytest.mark.parametrize(("command", "option"), [*((command, "--help") for command in COMMANDS), ("serve", "-h")])
def test_every_command_shows_help_and_does_not_run(command: str, option: str, tmp_path: Path) -> None:
    """The copy has no .venv, so running any command would start by creating one. Help needs no packages."""
    script = shutil.copy(ROOT / "dev", tmp_path)
    (tmp_path / "launcher").symlink_to(ROOT / "launcher")
    (tmp_path / "service").symlink_to(ROOT / "service")
    answer = subprocess.run([script, command, option], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert answer.stdout.startswith(f"usage: ./dev {command}" if command != "help" else "usage: ./dev COMMAND")
    assert answer.stderr == ""
    assert not (tmp_path / ".venv").exists()


def test_an_unknown_command_prints_the_usage() -> None:
    answer = subprocess.run([str(ROOT / "dev"), "sevre"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "usage: ./dev" in answer.stderr


def test_the_demo_data_is_complete() -> None:
    with gzip.open(ROOT / "examples" / "data" / "adult.csv.gz", "rt") as file:
        lines = file.read().splitlines()
    assert len(lines) == 32_562
    assert lines[0].startswith("age,workclass,")
    assert {line.count(",") for line in lines} == {14}
