"""The program of docs/batches.md runs as written."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.example_service import ExampleService
from tests.support.project import ROOT


def test_the_program_prints_the_customers_who_leave(service: ExampleService, tmp_path: Path) -> None:
    (program,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "batches.md").read_text(), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "score.py").write_text(program)
    url = str(service.client.base_url).rstrip("/")
    done = subprocess.run(
        [sys.executable, "score.py"],
        cwd=tmp_path,
        env={"BACKPROP_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *rows = done.stdout.splitlines()
    assert first == "succeeded ['customer', 'label', 'probabilities.no', 'probabilities.yes'] ignored: ['left']"
    assert [row.split()[:2][1] for row in rows] == ["yes"] * 3
    assert all(row.startswith("C1") for row in rows)
