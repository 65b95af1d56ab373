"""The commands of the README work as they are: on a running service, they end with a model and a prediction."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client_environment import client_environment
from tests.support.launched import Launched
from tests.support.project import ROOT

README = (ROOT / "README.md").read_text()
URL = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running service, started as `./dev serve` starts it."""
    launched = Launched(tmp_path_factory.mktemp("readme") / "data", "--port", "0")
    yield f"http://127.0.0.1:{launched.wait_until_ready()}"
    launched.process.terminate()
    launched.process.wait(20)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder in which the README's relative paths exist."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    interpreter = tmp_path / ".venv" / "bin" / "python"
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_shell_commands_end_with_weights_and_a_prediction(url: str, checkout: Path) -> None:
    (script,) = blocks("sh")
    assert URL in script
    done = subprocess.run(
        ["sh", "-eu", "-c", script.replace(URL, url)], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert '"label":' in done.stdout
    assert (checkout / "adult.safetensors").stat().st_size > 1000


def test_three_commands_show_what_the_readme_shows_where_only_the_client_is_installed(url: str, checkout: Path) -> None:
    """The first word of each line that the README shows is the first word of a line of the real output."""
    programs = client_environment(checkout / "client-venv", "cli") / "bin"
    subprocess.run([programs / "python", "examples/use_cases.py", "churn", "--rows", "300"], cwd=checkout, check=True)
    (session,) = blocks("console")
    shown = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    assert [text.split()[:2] for text in shown] == [["backprop", name] for name in ("train", "evaluate", "predict")]
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "BACKPROP_URL": url, "HOME": str(checkout), "COLUMNS": "100"}
    for text in shown:
        command, *expected = text.splitlines()
        done = subprocess.run(
            ["sh", "-c", command], cwd=checkout, env=environment, capture_output=True, text=True, check=True
        )
        words = set(done.stdout.replace(",", " ").split())
        assert [line for line in expected if line != "…" and line.split()[0] not in words] == []


def test_without_its_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    command = client_environment(tmp_path) / "bin" / "backprop"
    done = subprocess.run([command, "jobs"], env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "backprop-client[cli]"' in done.stderr


def test_the_python_program_ends_with_a_prediction(url: str, checkout: Path) -> None:
    python = client_environment(checkout / "client-venv", others=["pandas"]) / "bin" / "python"
    program = blocks("python")[0]
    assert URL in program
    (checkout / "first_job.py").write_text(program.replace(URL, url.removesuffix("/v1")))
    done = subprocess.run([python, "first_job.py"], cwd=checkout, capture_output=True, text=True, check=True)
    assert "'label':" in done.stdout


def test_the_readme_names_only_commands_that_exist() -> None:
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"\./dev ([a-z-]+)", README))
    assert {"demo", "serve", "test"} <= named
    assert [command for command in named if f"\n  {command} " not in usage] == []
