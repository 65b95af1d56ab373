"""The programs of the page about the Python client run as written, one after the other."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.example_service import ExampleService
from tests.support.project import ROOT

BLOCKS = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_is_one_program(service: ExampleService, tmp_path: Path) -> None:
    program = "\n".join(BLOCKS.findall((ROOT / "docs" / "client.md").read_text()))
    (tmp_path / "program.py").write_text(program)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "client"),
        "BACKPROP_URL": str(service.client.base_url).rstrip("/"),
    }
    command = [sys.executable, "-P", "program.py"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "['yes']", "as the page shows"
    assert "job.succeeded" in lines
    assert {"churn.onnx", "predictions.csv", "True"} <= set(lines)
    assert lines[-1].startswith("invalid_request [")
