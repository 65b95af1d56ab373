"""The program of docs/evaluation.md runs as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.example_service import ExampleService
from tests.support.project import ROOT


def test_the_program_prints_an_evaluation_and_an_explained_prediction(service: ExampleService, tmp_path: Path) -> None:
    found = re.search(r"^```python\n(.*?)^```$", (ROOT / "docs/evaluation.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    (tmp_path / "program.py").write_text(found[1])
    url = str(service.client.base_url).rstrip("/")
    environment = {"PATH": os.environ["PATH"], "BACKPROP_URL": url}
    program = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert program.returncode == 0, program.stderr
    score, *importance, answer, baseline, area, rooms, district = program.stdout.splitlines()
    assert float(score.split()[1]) > 0.9
    assert {line.split()[0] for line in importance} == {"area", "rooms", "district"}
    value, low, high = (float(number) for number in re.findall(r"\b\d{3,}\b", answer))
    assert low < value < high
    parts = [float(line.split()[-1]) for line in (baseline, area, rooms, district)]
    assert abs(sum(parts) - value) <= 3  # each is rounded
