"""NDJSON files whose keys have one JSON type each are read by DuckDB, with the results of the reader in Python."""

from pathlib import Path

import duckdb
import pytest

from tabular.limits import Limits
from tabular.readers.ndjson import uniform

KINDS = {
    '{"a":1}\n{"a":-2}\n{"a":null}': ["integer"],
    '{"a":1}\n{"a":2.5}': ["double"],
    '{"a":1}\n{"a":1e-7}': ["double"],
    '{"a":999999999999999}\n{"a":1000000000000000}': ["long"],
    '{"a":"1"}\n{}': ["text"],
    '{"a":true}\n{"a":false}': ["boolean"],
    '{"a":null}': ["text"],
    '{"b":1,"a":"x"}\n\n{"c":0.5,"a":"y"}': ["integer", "text", "double"],
}
NOT_UNIFORM = (
    '{"a":1}\n{"a":"x"}',
    '{"a":true}\n{"a":0}',
    '{"a":1,}',
    '{"a":1}\n[2]',
    '{"a":1,"a":2}',
    '{"a":1}\n{"A":2}',
    '{"\\"":1}',
    '{"a":1} {"a":2}',
    "{}",
)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def found_kinds(connection: duckdb.DuckDBPyConnection, source: Path) -> tuple[list[str], list[uniform.Kind]]:
    keys, _ = uniform.find_keys(connection, source, Limits())
    return keys, uniform.find_kinds(connection, source, keys, Limits(), sample=False)


def test_kinds_follow_from_all_values_of_a_key(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "a.ndjson"
    for text, expected in KINDS.items():
        source.write_text(text)
        assert found_kinds(connection, source)[1] == expected, text


def test_what_duckdb_reads_too_generously_is_left_to_python(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    source = tmp_path / "a.ndjson"
    for text in NOT_UNIFORM:
        source.write_text(text)
        with pytest.raises(uniform.NotUniform):
            found_kinds(connection, source)


def test_values_are_those_of_the_json_text(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "a.ndjson"
    source.write_text('{"t":"a\\"b\\\\\\u00e9","l":12345678901234567890,"d":1}\n{"b":false,"d":2.50,"i":-7,"t":""}')
    keys, kinds = found_kinds(connection, source)
    assert keys == ["t", "l", "d", "b", "i"]
    uniform.show_raw(connection, source, keys, kinds, Limits())
    assert connection.execute("FROM raw").fetchall() == [
        ('a"b\\é', "12345678901234567890", 1.0, None, None),
        ("", None, 2.5, False, -7),
    ]


def test_a_value_of_another_kind_than_the_first_rows_fails_the_query(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    source = tmp_path / "a.ndjson"
    wrong = {
        "integer": ["1.5", "1e3", '"5"', "true", "1000000000000000", "NaN"],
        "double": ['"5"', "true", "NaN", "1e400"],
        "long": ["1.5", '"5"', "1" * 400],
        "text": ["5", "[1]"],
        "boolean": ["1", '"true"'],
    }
    for kind, values in wrong.items():
        for value in values:
            source.write_text(f'{{"a":{value}}}')
            uniform.show_raw(connection, source, ["a"], [kind], Limits())  # type: ignore[list-item]  # a Kind
            with pytest.raises((duckdb.InvalidInputException, duckdb.ConversionException)):
                connection.execute("FROM raw").fetchall()
