"""A preprocessor is fitted on training rows, survives JSON, and treats files and JSON rows alike."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.errors import InvalidRows
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.encoders.hashed_text import HashedTextEncoder
from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.encoders.ordinal import OrdinalEncoder
from tabular.preprocessing.encoders.robust import QuantileEncoder, RobustEncoder
from tabular.preprocessing.preprocessor import FittedColumn, Preprocessor
from tabular.spec import FeatureSpec
from tests.support.reading import Read, Reader
from tests.support.sent_rows import table_from_rows
from tests.support.table_columns import labels, numbers

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


@pytest.fixture
def fitted(read: Reader) -> tuple[Read, Preprocessor]:
    data = read(TEXT)
    return data, Preprocessor.fit(data.table, plan(data.profile, PlanRequest(target="y")))


def test_json_rows_give_the_same_inputs_as_the_file(fitted: tuple[Read, Preprocessor]) -> None:
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
    assert names[0] == "age"
    assert "age is missing" in names


def test_only_training_rows_are_fitted(read: Reader) -> None:
    data = read("a,c,y\n1,x,1.5\n3,x,2.5\n999,z,3.5\n998,z,4.5\n")
    features = (FeatureSpec(column="a", encoding="standardize"), FeatureSpec(column="c"))
    planned = plan(data.profile, PlanRequest(target="y", features=features))
    preprocessor = Preprocessor.fit(data.table, planned, np.array([0, 1]))
    first, second = (column.encoder for column in preprocessor.columns)
    assert (first.mean, first.stddev) == (2.0, 1.0)
    assert second.categories == ("x",)


def test_unchanged_numbers_keep_the_requested_order(read: Reader) -> None:
    data = read("a,b,y\n1.5,7,1\n2.5,8,2.5\n3.5,9.5,3\n")
    features = (FeatureSpec(column="b", encoding="none"), FeatureSpec(column="a", encoding="none"))
    planned = plan(data.profile, PlanRequest(target="y", features=features, task="regression"))
    x = Preprocessor.fit(data.table, planned).transform(data.table)
    assert x.tolist() == [[7, 1.5], [8, 2.5], [9.5, 3.5]]


def test_values_of_a_wrong_type_are_rejected_with_pointers(fitted: tuple[Read, Preprocessor]) -> None:
    _, preprocessor = fitted
    rows = [{"age": "old", "job": 5}, {"age": True}, {"when": "soon", "ok": 1}, {"other": 1}]
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
            FittedColumn(name="robust", type="number", encoder=RobustEncoder.fit(amounts)),
            FittedColumn(name="rank", type="number", encoder=QuantileEncoder.fit(amounts)),
            FittedColumn(name="size", type="category", encoder=OrdinalEncoder.fit(names, order=("b", "a"))),
            FittedColumn(name="note", type="text", encoder=HashedTextEncoder.fit(names, size=3)),
            FittedColumn(name="code", type="category", encoder=EmbeddingEncoder.fit(names, size=2, embeddings=3)),
        )
    )
    assert Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json(), allow_nan=False))) == preprocessor
    table = table_from_rows(
        [
            dict.fromkeys(("number", "robust", "rank"), row[0])
            | dict.fromkeys(("name", "size", "note", "code"), row[1])
            for row in rows
        ],
        preprocessor.input_columns,
    )
    x = preprocessor.transform(table)
    assert x.shape == (len(rows), preprocessor.width)
    assert np.isfinite(x).all()
