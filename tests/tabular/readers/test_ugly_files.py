"""Ugly files of many kinds get the right answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.messy_files import MESSY
from tests.support.reading import Read
from tests.support.ugly_files import UGLY


def test_there_are_many_kinds() -> None:
    assert len(UGLY) + len(MESSY) >= 95


@pytest.mark.parametrize("name", UGLY)
def test_ugly_file_gets_the_right_answer(read_known: Callable[[str], Read], name: str) -> None:
    file, found = UGLY[name], read_known(name)
    profile = found.profile
    assert " ".join(column.type for column in profile.columns) == file.types
    assert profile.rows == file.rows
    assert profile.reading is not None
    assert profile.reading.header
    assert set(file.warnings) <= set(found.codes())
    if file.names is not None:
        assert [column.name for column in profile.columns] == list(file.names)
    assert {column: first_of(found, column) for column in file.first} == file.first


def first_of(found: Read, name: str) -> Any:
    """Return the first value of a column; a time without midnight."""
    value = found.cells(name)[0]
    if found.column(name).type != "datetime":
        return value
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    text = time.replace(tzinfo=None).isoformat()
    return text.removesuffix("T00:00:00")
