"""Preprocessing is learned from training rows, kept as JSON, and the same for files and for rows in JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.errors import InvalidRows
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.datetimes import DatetimeEncoder
from tabular.preprocessing.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.preprocessor import Encoder, FittedColumn, Preprocessor
from tabular.readers.rows import table_from_rows
from tabular.spec import FeatureSpec
from tabular.table import TableColumn
from tests.support.reading import Read, Reader

TEXT = (
    "age,job,when,ok,y\n39,clerk,2026-01-05,yes,1.5\n50,nurse,2026-02-06,no,2.5\n?,clerk,2026-07-07,yes,3.5\n"
    "28,?,2026-01-08,no,4.5\n61,nurse,,yes,5.5\n33,smith,2026-03-01,?,6.5\n"
)
ROWS = [
    {"age": 39, "job": "clerk", "when": "2026-01-05", "ok": "yes"},
    {"age": 50, "job": "nurse", "when": "2026-02-06T00:00:00Z", "ok": False},
    {"age": None, "job": "clerk", "when": "2026-07-07", "ok": True},
    {"age": 28.0, "when": "2026-01-08", "ok": "no"},
    {"age": 61, "job": "nurse", "when": None, "ok": True, "unasked": 1},
    {"age": 33, "job": " smith ", "when": "2026-03-01T01:00:00+01:00", "ok": ""},
]


def numbers(*values: float | None) -> TableColumn:
    missing = np.array([value is None for value in values])
    return TableColumn(kind="number", values=np.array([value or 0.0 for value in values]), missing=missing)


def labels(*values: str | None) -> TableColumn:
    names = tuple(sorted({value for value in values if value}))
    codes = np.array([names.index(value) if value else -1 for value in values], dtype=np.int32)
    return TableColumn(kind="label", values=codes, missing=codes < 0, labels=names)


def written(encoder: Encoder, column: TableColumn) -> np.ndarray:
    out = np.zeros((len(column.values), encoder.width))
    encoder.write(column, out)
    return out


@pytest.fixture
def fitted(read: Reader) -> tuple[Read, Preprocessor]:
    data = read(TEXT)
    return data, Preprocessor.fit(data.table, plan(data.profile, PlanRequest(target="y")))


def test_rows_in_json_give_the_inputs_of_the_same_rows_in_the_file(fitted: tuple[Read, Preprocessor]) -> None:
    data, preprocessor = fitted
    np.testing.assert_array_equal(
        preprocessor.transform(table_from_rows(ROWS, preprocessor.input_columns)), preprocessor.transform(data.table)
    )


def test_a_preprocessor_survives_json(fitted: tuple[Read, Preprocessor]) -> None:
    data, preprocessor = fitted
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json(), allow_nan=False)))
    assert again == preprocessor
    np.testing.assert_array_equal(again.transform(data.table), preprocessor.transform(data.table))


def test_every_input_has_a_name(fitted: tuple[Read, Preprocessor]) -> None:
    _, preprocessor = fitted
    names = preprocessor.input_names()
    assert len(names) == len(set(names)) == preprocessor.width
    assert names[:2] == ["age", "age is missing"]


def test_only_the_training_rows_are_learned_from(read: Reader) -> None:
    data = read("a,c,y\n1,x,1.5\n3,x,2.5\n999,z,3.5\n998,z,4.5\n")
    planned = plan(data.profile, PlanRequest(target="y"))
    preprocessor = Preprocessor.fit(data.table, planned, np.array([0, 1]))
    first, second = (column.encoder for column in preprocessor.columns)
    assert (first.mean, first.stddev) == (2.0, 1.0)
    assert second.categories == ("x",)


def test_standardised_numbers_have_mean_zero_and_deviation_one() -> None:
    column = numbers(1.0, 2.0, 4.0, 9.0)
    x = written(StandardizeEncoder.fit(column), column)
    assert (x.mean(), x.std()) == pytest.approx((0, 1))


def test_a_missing_number_becomes_the_median_and_an_indicator() -> None:
    column = numbers(1.0, None, 3.0, 8.0)
    assert written(RawEncoder.fit(column), column).tolist() == [[1, 0], [3, 1], [3, 0], [8, 0]]


def test_a_missing_number_that_training_never_saw_is_the_median_alone() -> None:
    assert written(RawEncoder.fit(numbers(1.0, 3.0, 8.0)), numbers(None)).tolist() == [[3]]


def test_raw_numbers_are_one_input_each_in_the_order_asked_for(read: Reader) -> None:
    data = read("a,b,y\n1.5,7,1\n2.5,8,2.5\n3.5,9.5,3\n")
    features = (FeatureSpec(column="b", encoding="none"), FeatureSpec(column="a", encoding="none"))
    planned = plan(data.profile, PlanRequest(target="y", features=features, task="regression"))
    x = Preprocessor.fit(data.table, planned).transform(data.table)
    assert x.tolist() == [[7, 1.5], [8, 2.5], [9.5, 3.5]]


def test_a_constant_column_becomes_zero_and_not_infinity() -> None:
    column = numbers(0.1, 0.1, 0.1)
    assert np.abs(written(StandardizeEncoder.fit(column), column)).max() < 1e-9


def test_amounts_with_a_long_tail_are_put_on_a_logarithmic_scale() -> None:
    column = numbers(*[0.0] * 50, *range(1, 20), 99_999.0)
    encoder = StandardizeEncoder.fit(column)
    assert encoder.scale == "log1p"
    assert written(encoder, column).max() < 7
    assert np.isfinite(written(encoder, numbers(-5.0))).all()


def test_numbers_of_any_size_give_finite_inputs() -> None:
    column = numbers(-1.7e308, 1.7e308, 0.0, 5.0)
    for encoder in (StandardizeEncoder.fit(column), RawEncoder.fit(column)):
        out = np.zeros((4, encoder.width), dtype=np.float32)
        encoder.write(column, out)
        assert np.isfinite(out).all()
    assert written(StandardizeEncoder.fit(numbers(1.0, 1.5)), numbers(-1.7e308)).tolist() == [[-1e4]]


def test_two_numbers_whose_sum_overflows_have_a_median() -> None:
    assert RawEncoder.fit(numbers(1.5e308, 1.5e308)).fill == 1.5e308


def test_rare_unknown_and_missing_labels_have_inputs_of_their_own() -> None:
    encoder = OneHotEncoder.fit(labels("a", "a", "b", "b", "rare", None))
    assert encoder == OneHotEncoder(categories=("a", "b"), other=True, missing=True)
    assert written(encoder, labels("b", "new", None, "rare")).tolist() == [
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
    ]


def test_labels_unlike_anything_in_training_fill_no_input() -> None:
    assert written(OneHotEncoder.fit(labels("a", "a", "b", "b")), labels("new", None)).tolist() == [[0, 0], [0, 0]]


def test_the_most_frequent_hundred_labels_are_kept() -> None:
    column = labels(*[f"v{place:03}" for place in range(150) for _ in range(2 + place)])
    encoder = OneHotEncoder.fit(column)
    assert (len(encoder.categories), encoder.categories[0], encoder.width) == (100, "v050", 101)


def test_numbers_can_be_one_hot() -> None:
    encoder = OneHotEncoder.fit(numbers(1.0, 1.0, 2.5, 2.5, 7.0, 7.0))
    assert encoder.categories == ("1", "2.5", "7")
    assert written(encoder, numbers(2.5)).tolist() == [[0, 1, 0]]


def test_times_become_elapsed_time_and_the_cycles_that_vary() -> None:
    days = np.array(["2026-01-05", "2026-02-02", "2026-03-02"], dtype="datetime64[us]")  # Mondays
    column = TableColumn(kind="datetime", values=days.astype(np.int64), missing=np.zeros(3, dtype=bool))
    encoder = DatetimeEncoder.fit(column)
    x = written(encoder, column)
    assert encoder.cycles == ("month",)
    assert x[:, 0].mean() == pytest.approx(0)
    assert x[0, 1:].tolist() == [0, 1]
    assert x[2, 1:] == pytest.approx([np.sin(np.pi / 3), np.cos(np.pi / 3)])


def test_values_of_a_wrong_type_are_told_with_pointers(fitted: tuple[Read, Preprocessor]) -> None:
    _, preprocessor = fitted
    rows = [{"age": "39", "job": 5}, {"age": True}, {"when": "soon", "ok": 1}, {"other": 1}]
    with pytest.raises(InvalidRows) as caught:
        table_from_rows(rows, preprocessor.input_columns)
    pointers = sorted(problem.pointer for problem in caught.value.problems)
    assert pointers == ["/rows/0/age", "/rows/0/job", "/rows/1/age", "/rows/2/ok", "/rows/2/when", "/rows/3"]


def test_pointers_escape_slashes() -> None:
    column = FittedColumn(name="a/b~c", type="number", encoder=RawEncoder(fill=0.0, indicator=False))
    with pytest.raises(InvalidRows) as caught:
        table_from_rows([{"a/b~c": "x"}], Preprocessor(columns=(column,)).input_columns)
    assert caught.value.problems[0].pointer == "/rows/0/a~1b~0c"


finite = st.floats(allow_nan=False, allow_infinity=False)
cells = st.tuples(st.none() | finite, st.sampled_from([None, "a", "b", "c", "é", "'", '"']))


@settings(max_examples=60, deadline=None)
@given(st.lists(cells, min_size=1, max_size=30))
def test_any_fitted_columns_survive_json_and_give_finite_inputs(rows: list[tuple[float | None, str | None]]) -> None:
    amounts, names = numbers(*[row[0] for row in rows]), labels(*[row[1] for row in rows])
    preprocessor = Preprocessor(
        columns=(
            FittedColumn(name="number", type="number", encoder=StandardizeEncoder.fit(amounts)),
            FittedColumn(name="name", type="category", encoder=OneHotEncoder.fit(names)),
            FittedColumn(name="code", type="category", encoder=EmbeddingEncoder.fit(names, size=2, vectors=3)),
        )
    )
    assert Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json(), allow_nan=False))) == preprocessor
    table = table_from_rows(
        [{"number": row[0], "name": row[1], "code": row[1]} for row in rows], preprocessor.input_columns
    )
    x = preprocessor.transform(table)
    assert x.shape == (len(rows), preprocessor.width)
    assert np.isfinite(x).all()
