"""The generated code of the client is current: its types are those of the OpenAPI document of the service."""

import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

GENERATOR = ROOT / "client"


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    """The files as the generator writes them."""
    sys.path.insert(0, str(GENERATOR))
    try:
        from generator.files import generated_files

        return generated_files()
    finally:
        sys.path.remove(str(GENERATOR))


def test_types_and_synchronous_code_are_current(generated: dict[Path, str]) -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in generated.items() if path.read_text() != text]
    assert stale == [], "run: .venv/bin/python client/generator"


def test_no_file_is_left_over(generated: dict[Path, str]) -> None:
    folders = {path.parent for path in generated}
    there = {path for folder in folders for path in folder.glob("*.py") if path.name != "runtime.py"}
    assert there - set(generated) == set()
