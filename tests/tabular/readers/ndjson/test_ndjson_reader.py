"""NDJSON files: types of JSON values, lines that are no flat objects."""

from pathlib import Path

import pytest

from tabular.limits import Limits
from tabular.readers.ndjson import columns
from tests.support.reading import Read
from tests.support.typed_files import problems_as, read_as


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.ndjson"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, **options: object) -> Read:
    return read_as("ndjson", written(folder, text), **options)


def test_each_key_is_a_column(tmp_path: Path) -> None:
    found = read(tmp_path, '{"a":1,"b":"x","t":true}\n\n{"b":null,"a":2.5,"d":"2020-01-05"}\r\n{"a":3,"b":"NA"}')
    assert [column.name for column in found.profile.columns] == ["a", "b", "t", "d"]
    assert [column.type for column in found.profile.columns] == ["number", "category", "boolean", "datetime"]
    assert found.cells("a") == [1.0, 2.5, 3.0]
    assert found.cells("b") == ["x", None, None]
    assert found.cells("t") == ["true", None, None]


def test_keys_that_differ_in_case_or_are_empty_get_names_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, '{"a":1,"A":2,"":3}\n{"a":4,"A":5,"":6}\n')
    assert [found.cells(column.name) for column in found.profile.columns] == [[1, 4], [2, 5], [3, 6]]


def test_long_whole_numbers_keep_all_digits(tmp_path: Path) -> None:
    found = read(tmp_path, '{"id":12345678901234567890}\n{"id":12345678901234567891}\n')
    assert found.cells("id") == ["12345678901234567890", "12345678901234567891"]
    assert "codes" in found.codes()


def test_batches_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabular.readers.ndjson.reader.BATCH_CELLS", 4)
    text = '{"a":1}\n{"a":2}\n{"a":3,"b":0.5}\n{"b":1.5}\n{"a":"4","b":1}\n'
    found = read(tmp_path, text)
    assert found.cells("a") == [1, 2, 3, None, 4]
    assert found.cells("b") == [None, None, 0.5, 1.5, 1]
    assert columns.BATCH_CELLS > 4


BAD_LINES = {
    '{"a":}': "not valid JSON",
    "[1]": "array",
    '"x"': "string",
    "7": "value",
    '{"a":NaN}': "NaN",
    '{"a":1,"a":2}': "twice",
    '{"a":1} {"a":2}': "not valid JSON",
    '{"a":' + "[" * 100_000: "nested",
    '{"a":' + "9" * 5_000 + "}": "digits",
    '{"a":1e400}': "too large",
    '{"a":' + "9" * 400 + "}": "too large",
    '{"a":[1]}': "array",
    '{"a":{"b":1}}': "object",
    '{"a":"\\ud800"}': "surrogate",
    '{"a":"\\u0000"}': "NUL",
}


@pytest.mark.parametrize("bad", BAD_LINES, ids=[line[:12] for line in BAD_LINES])
def test_a_bad_line_is_reported_with_its_number_and_a_fix(tmp_path: Path, bad: str) -> None:
    (problem,) = problems_as("ndjson", written(tmp_path, f'\n{{"a":null}}\n{bad}\n'))
    assert BAD_LINES[bad] in problem.detail
    assert problem.line == 3
    assert problem.fix


def test_bytes_that_are_not_utf8_are_reported(tmp_path: Path) -> None:
    (problem,) = problems_as("ndjson", written(tmp_path, b'{"a":"\xff"}\n'))
    assert (problem.line, "UTF-8" in problem.detail) == (1, True)


def test_a_text_among_numbers_is_reported_with_its_line(tmp_path: Path) -> None:
    (problem,) = problems_as("ndjson", written(tmp_path, '{"n":1}\n' * 30 + '\n{"n":"oops"}\n'))
    assert (problem.line, problem.column, problem.value) == (32, "n", "oops")


def test_files_without_rows_or_keys_are_rejected(tmp_path: Path) -> None:
    for text in ("", "\n \n", "{}\n{}\n"):
        assert problems_as("ndjson", written(tmp_path, text))[0].fix


def test_limits_are_checked_while_reading(tmp_path: Path) -> None:
    source = written(tmp_path, '{"a":1,"b":2}\n' * 5)
    assert "rows" in problems_as("ndjson", source, limits=Limits(rows=4))[0].detail
    assert "columns" in problems_as("ndjson", source, limits=Limits(columns=1))[0].detail
    assert "bytes" in problems_as("ndjson", source, limits=Limits(line_bytes=5))[0].detail


def test_options_about_text_layout_are_rejected(tmp_path: Path) -> None:
    source = written(tmp_path, '{"a":1}\n')
    assert "delimiter" in problems_as("ndjson", source, delimiter=";")[0].detail
    assert "'b'" in problems_as("ndjson", source, types={"b": "number"})[0].detail
