"""The demo runs from start to end, saves a complete picture, and leaves nothing in the temporary folder."""

import html
import os
import re
import subprocess
from pathlib import Path

from tests.support.project import ROOT

LAST_LINE = "All calls, with examples: http://127.0.0.1:8000/docs"
STEPS = ["Start", "Upload", "Submit", "Train", "Evaluate", "Download", "Predict", "Stop"]


def words_of(picture: Path) -> str:
    """Return the text in an SVG file."""
    text = re.sub(r"<(style|title)>.*?</\1>", "", picture.read_text(), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")


def test_the_demo_trains_a_model_and_cleans_up(tmp_path: Path) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    picture = tmp_path / "demo.svg"
    command = [str(ROOT / "dev"), "demo", "--svg", str(picture)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(temporary)}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^ \d  (\w+)", done.stdout, re.MULTILINE) == STEPS
    accuracy, baseline = (float(share) for share in re.findall(r"([\d.]+)% (?:this model|always)", done.stdout))
    assert accuracy > baseline + 5
    assert done.stdout.rstrip().endswith(LAST_LINE)
    assert LAST_LINE in words_of(picture)
    assert list(temporary.iterdir()) == []


def test_the_picture_in_the_readme_is_complete() -> None:
    text = words_of(ROOT / "docs" / "demo.svg")
    assert [step for step in STEPS if step not in text] == []
    assert LAST_LINE in text
