"""The server package works where no checkout is: built, installed, started, trained with, stopped."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.version import VERSION
from tests.support.project import PACKAGES, ROOT
from tests.support.tables import flowers

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("BACKPROP_", "PYTHON"))}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the installed package; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("package")
    source = copy_of_the_sources(folder / "source")
    uv = [sys.executable, "-m", "uv", "--quiet", "--offline"]
    build = [*uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, source]
    subprocess.run(build, env=CLEAN, check=True)
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(source)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--no-deps", "--python", python, wheel], env=CLEAN, check=True)
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "venv" / "bin" / "backprop-server"


def copy_of_the_sources(target: Path) -> Path:
    """Copy what the wheel is built from, because building writes next to the sources."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    return target


@pytest.fixture
def service(command: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The URL of a service started by the installed command, and the API key that it has printed."""
    options = ["serve", "--port", "0", "--workers", "1", "--first-key"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([command, *options], cwd=tmp_path, env=CLEAN, **pipes) as process:
        output = ""
        for line in process.stdout:
            output += line
            if ready := re.search(r"ready in .* s: (http://\S+)", line):
                (key,) = re.findall(r"bp_live_[\w-]+", output)
                yield ready[1], key
                break
        process.send_signal(signal.SIGTERM)
        output += process.stdout.read()
    assert process.returncode == 0, output


def test_the_installed_service_trains_and_keeps_its_data_in_the_callers_folder(
    service: tuple[str, str], tmp_path: Path, command: Path
) -> None:
    url, key = service
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        assert httpx.get(f"{url}/v1/jobs").status_code == 401
        assets = re.findall(r"assets/\w+/[\w.]+", client.get("/", headers={"Accept": "text/html"}).text)
        assert {path.rpartition("/")[2] for path in assets} == {"app.js", "styles.css", "icon.svg"}
        assert [path for path in assets if client.get(f"/{path}").status_code != 200] == []
        assert client.get("/docs").text.startswith("<!doctype html>")
        dataset = client.post("/v1/datasets", content=flowers(60), headers={"Content-Type": "text/csv"}).json()
        body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 2}}
        job = client.post("/v1/jobs", json=body, headers={"Prefer": "wait=50"}).json()
        assert job["state"] == "succeeded", json.dumps(job)
        assert client.get(f"/v1/models/{job['model_id']}/card", headers={"Accept": "text/html"}).status_code == 200
    keys = subprocess.run([command, "key", "list"], cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=True)
    assert "first" in keys.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_help_and_version_name_the_installed_command(command: Path) -> None:
    shown = {
        option: subprocess.run([command, option], env=CLEAN, capture_output=True, text=True, check=True).stdout
        for option in ("--help", "--version")
    }
    assert shown["--version"].startswith(f"backprop-server {VERSION} (Python 3.")
    assert shown["--help"].startswith("usage: backprop-server ")
    assert "./dev" not in shown["--help"]
