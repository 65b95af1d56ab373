"""The programs of docs/integration.md run as written: submit, wait, predict, and receive webhooks."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.example_service import ExampleService
from tests.support.processes import free_port
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "integration.md").read_text()
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
COMMANDS = {"sh": ["sh", "-eu"], "python": [sys.executable], "js": ["node"]}
FILES = {"sh": "submit.sh", "python": "submit.py", "js": "submit.mjs"}


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def start(language: str, program: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a program of the page in a folder that has its table."""
    (folder / "customers.csv").write_text(blocks("csv")[0])
    (folder / FILES[language]).write_text(program)
    return subprocess.Popen(
        [*COMMANDS[language], FILES[language]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def url(service: ExampleService) -> str:
    """The address of the service."""
    return str(service.client.base_url).rstrip("/")


@pytest.mark.parametrize(
    "language", [pytest.param("sh", marks=needs_curl), "python", pytest.param("js", marks=needs_node)]
)
def test_a_program_ends_with_predictions(language: str, url: str, tmp_path: Path) -> None:
    program = start(language, blocks(language)[0], tmp_path, BACKPROP_URL=url)
    output, _ = program.communicate(timeout=120)
    assert program.returncode == 0, output
    assert "succeeded" in output
    assert output.count("label") == 2


@pytest.fixture(params=["python", pytest.param("js", marks=needs_node)])
def receiver(
    request: pytest.FixtureRequest, service: ExampleService, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """A running receiver of the page, which the service knows."""
    port = free_port()
    webhook = {"url": f"http://127.0.0.1:{port}/", "events": ["job.succeeded"]}
    created = service.client.post("/v1/webhooks", json=webhook).raise_for_status().json()
    program = blocks(request.param)[1]
    process = start(request.param, program, tmp_path, PORT=str(port), WEBHOOK_SECRET=created["secret"])
    yield process
    process.kill()
    process.communicate()
    service.client.delete(f"/v1/webhooks/{created['id']}")


def test_a_receiver_accepts_the_event_of_a_job(receiver: subprocess.Popen[str], service: ExampleService) -> None:
    dataset_id = service.upload(blocks("csv")[0])
    job = service.train({"dataset_id": dataset_id, "target": "churned", "training": {"epochs": 1}})
    assert receiver.stdout
    line = receiver.stdout.readline()
    assert line.startswith("job.succeeded")
    assert job["id"] in line
