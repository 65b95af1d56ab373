"""The commands of the use cases and of the page about the command line work as they are written, on small tables."""

import json
import re
import runpy
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backprop_client.cli import exit_codes
from backprop_client.cli.app import app
from tests.support.example_service import ExampleService
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "use-cases.md").read_text()
CASES = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = {"forecast": "120"}  # more than three windows of 28 days
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text()


@pytest.fixture
def run(
    service: ExampleService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """Run a line of a page in an empty folder; return what it prints. Tables are small, and jobs short."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROP_URL", str(service.client.base_url).rstrip("/"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def run(line: str) -> str:
        first, *arguments = shlex.split(line)
        if first == "python3":
            monkeypatch.setattr(sys, "argv", [*arguments, "--rows", ROWS.get(arguments[1], "100")])
            runpy.run_path(str(ROOT / arguments[0]), run_name="__main__")
        elif first == "echo":
            text, arrow, name = arguments
            assert arrow == ">"
            Path(name).write_text(text)
        else:
            assert first == "backprop"
            short = ["--epochs", "2", "--preset", "fast"] if arguments[0] == "train" else []
            with pytest.raises(SystemExit) as ended:
                app([*arguments, *short], prog_name="backprop")
            assert not ended.value.code, capsys.readouterr().err
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("case", CASES, ids=[re.findall(r"use_cases.py (\w+)", case)[0] for case in CASES])
def test_every_use_case_ends_with_predictions(case: str, run: Callable[[str], str]) -> None:
    *before, last = [run(line) for line in case.strip().splitlines()]
    assert any("baseline" in text for text in before)
    written = re.findall(r"-o (\S+)", case)
    text = Path(written[0]).read_text() if written else last
    header = text.splitlines()[0]
    assert "prediction" in header
    shown = re.findall(r"^```\n([^\n]*prediction[^\n]*)\n", PAGE, re.MULTILINE)
    assert not last or header in shown


def test_the_page_of_the_command_line_names_every_command_and_exit_code() -> None:
    rows = COMMAND_LINE.split("## Commands")[1].split("## Ids")[0]
    named = set(re.findall(r"`(?:backprop )?([a-z-]+)[ `]", rows))
    known = {each.callback.__name__.replace("_", "-") for each in app.registered_commands if each.callback}
    assert known <= named
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMAND_LINE, re.MULTILINE)}
    assert listed == {value for name, value in vars(exit_codes).items() if name.isupper()}


def test_the_script_of_the_page_reads_a_field_that_jobs_have() -> None:
    (script,) = re.findall(r"python3 -c '(.*?)'\)", COMMAND_LINE)
    field = re.findall(r'\["(\w+)"\]', script)[0]
    example = json.loads((ROOT / "api" / "openapi" / "examples.json").read_text())
    assert f'"{field}"' in json.dumps(example)
