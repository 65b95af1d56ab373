"""The program of docs/replacing-models.md runs as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.example_service import ExampleService
from tests.support.project import ROOT


def test_the_program_moves_the_alias_to_the_better_model(service: ExampleService, tmp_path: Path) -> None:
    page = (ROOT / "docs/replacing-models.md").read_text()
    found = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found
    (tmp_path / "program.py").write_text(found[1])
    environment = {"PATH": os.environ["PATH"], "BACKPROP_URL": str(service.client.base_url).rstrip("/")}
    program = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert program.returncode == 0, program.stderr
    current, challenger, summary, answer = program.stdout.splitlines()
    assert float(current.split()[-1]) > float(challenger.split()[-1])
    assert summary.startswith("The second model is better: its loss is ")
    assert answer == "yes by the new model"
