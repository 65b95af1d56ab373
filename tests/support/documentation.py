"""Read the examples of the documentation."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.project import ROOT

SPEC_PAGES = [ROOT / "docs" / "specs.md", *sorted((ROOT / "docs" / "specs").glob("*.md"))]


def page_text(name: str) -> str:
    """Return the text of a page in docs/specs."""
    return (ROOT / "docs" / "specs" / f"{name}.md").read_text()


def json_examples(text: str) -> list[dict[str, Any]]:
    """Return the JSON blocks of a page."""
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def curl_bodies(text: str) -> list[dict[str, Any]]:
    """Return the JSON bodies of a page's curl commands."""
    return [json.loads(body) for body in re.findall(r"--json '(\{.*?\})'", text, re.DOTALL)]


def shell_commands(text: str) -> list[str]:
    """Return the commands of a page's first shell block."""
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block
    return block[1].replace("\\\n", "").strip().splitlines()


def run_python_of(page: str, folder: Path, url: str) -> list[str]:
    """Run the only Python program of a page in docs with the service at `url`, and return the printed lines."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
    (folder / "program.py").write_text(program)
    ended = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "client"), "BACKPROP_URL": url.rstrip("/")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def printed_by(program: str) -> str:
    """Run a program of a page in this process, and return what it prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "program.py", "exec"), {"__name__": "__main__"})
    return output.getvalue()
