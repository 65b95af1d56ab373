"""Every encoding makes the same inputs of a raw row in ONNX Runtime: known, unknown, missing and extreme values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.interchange.onnx.file import dump_onnx
from engine.interchange.onnx.graph import Graph, Nodes, Port
from tabular.column_format import ColumnFormat
from tabular.encodings import ENCODINGS, Encoding
from tabular.preprocessing.encoders.registry import ENCODERS, Encoder
from tabular.preprocessing.onnx.columns import add_port, column_values
from tabular.preprocessing.onnx.preprocessor import ENCODERS as WITH_FORM
from tabular.preprocessing.onnx.preprocessor import NO_FORM, add_preprocessor
from tabular.preprocessing.preprocessor import FittedColumn, Preprocessor
from tabular.profile import ColumnType
from tabular.reading import InputColumn, RowReading
from tests.support.onnx_runs import run_onnx
from tests.support.sent_rows import table_from_rows

Cells = Sequence[Any]
NUMBERS = [0.0, 1.5, -2.0, 3.25, None, 7.0, 7.0, 7.0, 100.0, 1e9, *map(float, range(40))]
NEW_NUMBERS = [*NUMBERS, 1e308, -1e308, 0.1234567, -0.0, 1e-300]
WORDS = ["red", "green", "green", "blue", "blue", "été", "été", None, "red", "x y", "x y", "single"]
NEW_WORDS = [*WORDS, "", "?", "n/a", "Green", "unseen", " green", "blue ", " ? "]
TIMES = [
    "2024-02-29",
    "2024-03-01 23:59:59",
    "1969-12-31T12:30:00Z",
    None,
    "2000-12-31",
    "2099-07-04T05:06",
    "1999-01-01",
]
NEW_TIMES = [*TIMES, "", "1600-02-29T00:00:00.5", "1900-02-28", "9999-12-31"] + [
    f"2023-11-05{time}"
    for time in (
        "T01:02:03.123456Z",
        " 01:02:03+02:00",
        "T01:02-0530",
        " 01:02:03 UTC",
        "T01:02 GMT",
        "T01:02UTC",
        " 01:02+03",
    )
]
YES_NO = ["Yes", "no", "Yes", "no", None]
SPELLINGS = [*YES_NO, "YES", "true", "F", "nein", "ja", "maybe", "?", "on"]


READING = RowReading(missing=("?", "n/a"), formats={"c": ColumnFormat()})


def assert_same_inputs(encoder: Encoder, kind: ColumnType, cells: Cells, form: ColumnFormat | None = None) -> None:
    reading = replace(READING, formats={"c": form or ColumnFormat()})
    preprocessor, column = of_one_column(encoder, kind)
    table = table_from_rows([{"c": cell} for cell in cells], [column], reading)
    found = run_onnx(file_of(preprocessor, column, reading), {"c": as_input(cells, kind)})["inputs"]
    np.testing.assert_allclose(found, preprocessor.transform(table, dtype=np.float64), atol=1e-9)


def of_one_column(encoder: Encoder, kind: ColumnType) -> tuple[Preprocessor, InputColumn]:
    preprocessor = Preprocessor(columns=(FittedColumn(name="c", type=kind, encoder=encoder),))
    return preprocessor, preprocessor.input_columns[0]


def file_of(preprocessor: Preprocessor, column: InputColumn, reading: RowReading) -> bytes:
    graph = Graph()
    nodes = Nodes(graph, np.dtype(np.float64))
    add_port(nodes, column, 1)
    inputs = add_preprocessor(preprocessor, {column.name: column_values(nodes, column, reading)})
    assert not graph.problems
    graph.output(inputs, Port(name="inputs", element="double", shape=(preprocessor.width,), description=""))
    return dump_onnx(graph, name="inputs", description="", metadata={})


def as_input(cells: Cells, kind: ColumnType) -> np.typing.NDArray[Any]:
    if kind == "number":
        return np.array([[np.nan if cell is None else cell] for cell in cells], np.float64)
    return np.array([["" if cell is None else cell] for cell in cells], np.object_)


def fit(encoding: Encoding, kind: ColumnType, cells: Cells, **options: Any) -> Encoder:
    column = InputColumn(name="c", type=kind)
    table = table_from_rows([{"c": cell} for cell in cells], [column])
    return ENCODERS[encoding].fit(table.columns["c"], **options)


@pytest.mark.parametrize(
    "cells", [NUMBERS, [4.0, 4.0, None], [None, None], [2.0, 3.0]], ids=["many", "equal", "none", "two"]
)
@pytest.mark.parametrize("encoding", ["standardize", "robust", "quantile", "none", "numeric_embedding"])
def test_numbers_are_encoded_the_same(encoding: Encoding, cells: Cells) -> None:
    assert_same_inputs(fit(encoding, "number", cells), "number", NEW_NUMBERS)


@pytest.mark.parametrize("period", [24.0, 0.1, 360.0])
def test_positions_in_a_period_are_encoded_the_same(period: float) -> None:
    encoder = fit("cyclic", "number", NUMBERS, period=period)
    assert_same_inputs(encoder, "number", [*NUMBERS, -1e6, 1e12, -0.05])


@pytest.mark.parametrize("words", [WORDS, ["a", "a", "b", "b"], ["a"]], ids=["many", "two", "one"])
@pytest.mark.parametrize(
    ("encoding", "options"),
    [("one_hot", {}), ("one_hot", {"indicator": True}), ("embedding", {"size": 3, "embeddings": 9}), ("ordinal", {})],
)
def test_texts_are_encoded_the_same(encoding: Encoding, options: dict[str, Any], words: Cells) -> None:
    assert_same_inputs(fit(encoding, "category", words, **options), "category", NEW_WORDS)


@pytest.mark.parametrize(("encoding", "options"), [("one_hot", {}), ("embedding", {"size": 3, "embeddings": 9})])
def test_numbers_that_stand_for_categories_are_encoded_the_same(encoding: Encoding, options: dict[str, Any]) -> None:
    encoder = fit(encoding, "number", [*NUMBERS, 0.1234567, 0.1234567, 1e20, 1e20], **options)
    assert_same_inputs(encoder, "number", [*NEW_NUMBERS, 1e20])


@pytest.mark.parametrize("form", [ColumnFormat(true="Yes", false="no"), ColumnFormat(true="Yes"), ColumnFormat()])
def test_spellings_of_booleans_are_encoded_the_same(form: ColumnFormat) -> None:
    assert_same_inputs(fit("one_hot", "boolean", YES_NO), "boolean", SPELLINGS, form)


@pytest.mark.parametrize("encoding", ["datetime", "cyclic"])
def test_times_are_encoded_the_same(encoding: Encoding) -> None:
    assert_same_inputs(fit(encoding, "datetime", TIMES), "datetime", NEW_TIMES)


@pytest.mark.parametrize(
    ("pattern", "cells"),
    {
        "%d/%m/%Y": ["31/12/2024", "1/2/1999"],
        "%Y%m%d": ["20240229", "19700101"],
        "%m%d%Y": ["1312024", "12312024"],
        "%d %b %Y": ["5 März 2024", "06 JAN. 2020"],
        "%I:%M %p on %m/%d/%y": ["02:30 PM on 1/31/26", "12:05 am on 12/1/70"],
        "%H:%M:%S": ["14:05:09", "1:00:00"],
        "%Y-%m-%d %H:%M:%S.%f": ["2024-01-02 03:04:05.678"],
        "%A, %d. %B %Y at %H:%M": ["Monday, 5. may 2024 at 23:01"],
        "epoch_s": ["1700000000", "-5"],
        "epoch_ms": ["1700000000123"],
        "excel": ["45000.5", "1"],
    }.items(),
)
def test_times_in_the_format_of_the_file_are_encoded_the_same(pattern: str, cells: Cells) -> None:
    encoder = fit("datetime", "datetime", TIMES, cycles=("month", "weekday", "hour"))
    assert_same_inputs(encoder, "datetime", [*cells, "2024-05-05", None], ColumnFormat(dates=(pattern,)))


def test_a_text_that_is_no_time_stops_the_runtime() -> None:
    preprocessor, column = of_one_column(fit("cyclic", "datetime", TIMES), "datetime")
    with pytest.raises(Exception, match="c: a text is not a time"):
        run_onnx(file_of(preprocessor, column, READING), {"c": as_input(["2024-01-01", "tomorrow"], "datetime")})


def test_every_encoding_has_a_form_or_a_reason() -> None:
    assert WITH_FORM.keys() | NO_FORM.keys() == ENCODINGS.keys()
