"""The programs of docs/exports.md run as written, on a model of the flowers."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tabular.trained_model.onnx.model import export_onnx
from tests.support.project import ROOT
from tests.support.tables import flowers
from tests.support.tabular_jobs import train_job
from tests.support.typed_files import read_as

NODE = shutil.which("node")
LOADS = [str(NODE), "-e", "require('onnxruntime-node')"]
HAS_RUNTIME = NODE is not None and subprocess.run(LOADS, check=False, capture_output=True).returncode == 0
NEEDS_RUNTIME = "onnxruntime-node is not installed; install it in a folder and set NODE_PATH to its node_modules"


@pytest.fixture
def label(tmp_path: Path) -> str:
    """Write model.onnx, and return the label that the documented row has."""
    (tmp_path / "flowers.csv").write_text(flowers())
    model = train_job(read_as("csv", tmp_path / "flowers.csv"), "kind", training={"epochs": 3}).stored
    (tmp_path / "model.onnx").write_bytes(export_onnx(model, model_id="mdl_1"))
    return str(model.predict([{"length": 0.4, "width": 2.9, "color": "red"}])[0]["label"])


def program(start: str) -> str:
    """Return the indented program that begins with a line."""
    lines = (ROOT / "docs" / "exports.md").read_text().split(f"    {start}\n", 1)[1]
    found = re.match(r"(?:(?:    .*)?\n)*", lines)
    return re.sub(r"^    ", "", f"    {start}\n{found[0] if found else ''}", flags=re.MULTILINE)


def test_the_python_program_prints_the_label(tmp_path: Path, label: str) -> None:
    code = program("import numpy as np")
    assert run([sys.executable, "-c", code], tmp_path).startswith(label)


@pytest.mark.skipif(not HAS_RUNTIME, reason=NEEDS_RUNTIME)
def test_the_javascript_program_prints_the_label(tmp_path: Path, label: str) -> None:
    code = program('const ort = require("onnxruntime-node");')
    assert run([str(NODE), "-e", code], tmp_path).startswith(label)


def run(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout
