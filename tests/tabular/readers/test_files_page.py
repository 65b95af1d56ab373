"""The examples on the page "Files" are read as the page says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.reading import Read, Reader

PAGE = Path(__file__).parents[3] / "docs" / "files.md"
EXAMPLES = re.findall(r"```csv\n(.*?)```\n\n```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_page_has_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize(("text", "answer"), EXAMPLES)
def test_example_is_read_as_the_page_says(read: Reader, text: str, answer: str) -> None:
    found, expected = read(text), json.loads(answer)
    columns = found.profile.columns
    assert [column.type for column in columns] == expected["types"]
    assert [column.name for column in columns] == expected.get("names", [column.name for column in columns])
    assert [column.missing for column in columns] == expected.get("missing", [column.missing for column in columns])
    assert [code for code in found.codes() if code != "header_unsure"] == expected["warnings"]
    assert expected.get("first", first_row(found)) == first_row(found)


def first_row(found: Read) -> list[Any]:
    """Return the first row; times as dates."""
    return [
        str(column.min)[:10] if column.type == "datetime" else found.cells(column.name)[0]
        for column in found.profile.columns
    ]
