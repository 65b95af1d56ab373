"""The programs in docs/engine.md print what the page says."""

import re

import pytest

from tests.support.documentation import printed_by
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "engine.md").read_text()
PROGRAMS = re.findall(r"^## ([\w ]+)\n.*?```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("program", "output"), [each[1:] for each in PROGRAMS], ids=[each[0] for each in PROGRAMS])
def test_the_program_prints_what_the_page_shows(program: str, output: str) -> None:
    assert printed_by(program) == output


def test_the_readme_has_the_program_that_learns_exclusive_or() -> None:
    assert PROGRAMS[0][1] in (ROOT / "README.md").read_text()


def test_xor_has_ten_lines_and_lenet_twenty() -> None:
    lines = [len([line for line in program.splitlines() if line]) for _, program, _ in PROGRAMS]
    assert len(lines) == 3
    assert lines[0] <= 10
    assert lines[1] <= 20
