"""Rows sent for prediction become the same inputs as rows of a table."""

from typing import Any

import numpy as np
import pytest

from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.row_inputs.row_encoding import RowEncoding
from tabular.readers.rows import RowReader, column_of_cells
from tabular.spec import FeatureSpec
from tests.support.file_rows import stored_reading
from tests.support.reading import Reader
from tests.support.tabular_jobs import csv

NUMBERS = ["standardize", "robust", "quantile", "none", "numeric_embedding", "one_hot", "embedding"]
LABELS = ["one_hot", "embedding", "ordinal", "hashed_text"]


@pytest.fixture
def table(read: Reader) -> Any:
    """A table in which most columns have missing values and one is constant."""
    rng = np.random.default_rng(0)
    columns: dict[str, list[Any]] = {
        "amount": [*np.exp(3 * rng.normal(size=60)).round(3).tolist()],
        "level": [*rng.normal(size=55).round(2).tolist(), "", "", 7.5, 1e9, -3],
        "count": rng.integers(0, 4, size=60).tolist(),
        "same": [4.5] * 60,
        "kind": [*rng.choice(["a", "b", "c"], size=56), "", "", "rare", "d e"],
        "flag": [*rng.choice(["left", "right"], size=59), ""],
        "sex": rng.choice(["f", "m"], size=60).tolist(),
        "day": [f"2024-0{1 + n % 9}-11" for n in range(60)],
        "y": rng.normal(size=60).round(3).tolist(),
    }
    return read(csv(columns))


def requests() -> list[tuple[FeatureSpec, ...]]:
    numbers = [
        [FeatureSpec(column=name, encoding=encoding) for name in ("amount", "level", "count", "same")]  # type: ignore[arg-type]
        for encoding in NUMBERS
    ]
    labels = [[FeatureSpec(column=name, encoding=each) for name in ("kind", "flag", "sex")] for each in LABELS]  # type: ignore[arg-type]
    day = FeatureSpec(column="day")
    return [(*number, *labels[place % len(labels)], day) for place, number in enumerate(numbers)]


@pytest.mark.parametrize("features", requests(), ids=NUMBERS)
@pytest.mark.parametrize("indicator", [None, True])
def test_inputs_of_rows_are_the_bits_of_inputs_of_tables(table: Any, features: Any, *, indicator: bool | None) -> None:
    asked = [
        feature.model_copy(update={"missing_indicator": None if feature.encoding == "embedding" else indicator})
        for feature in features
    ]
    planned = plan(table.profile, PlanRequest(target="y", features=tuple(asked)))
    preprocessor = Preprocessor.fit(table.table, planned)
    names = [column.name for column in preprocessor.columns]
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*(texts(table, name) for name in names), strict=True)]
    rows += [{"kind": "unseen", "count": 17, "amount": -5}, {"sex": "x", "level": 1e300}]
    types = {column.name: column for column in preprocessor.input_columns}
    reader = RowReader(preprocessor.input_columns, stored_reading(table))
    encoding = RowEncoding(preprocessor, lambda name, cells: column_of_cells(cells, types[name]))
    together = encoding.inputs(reader.cells(rows), len(rows), np.float32)
    np.testing.assert_array_equal(together, preprocessor.transform(reader.table(rows)))
    alone = [encoding.inputs(reader.cells([row]), 1, np.float32) for row in rows]
    np.testing.assert_array_equal(np.concatenate(alone), together)


def test_missing_categories_leave_the_inputs_of_numbers_alone(table: Any) -> None:
    kind = FeatureSpec(column="kind", encoding="one_hot", missing_indicator=False)
    features = (kind, FeatureSpec(column="amount", encoding="standardize"))
    preprocessor = Preprocessor.fit(table.table, plan(table.profile, PlanRequest(target="y", features=features)))
    reader = RowReader(preprocessor.input_columns, stored_reading(table))
    types = {column.name: column for column in preprocessor.input_columns}
    encoding = RowEncoding(preprocessor, lambda name, cells: column_of_cells(cells, types[name]))
    rows = [{"kind": None, "amount": 12.5}]
    expected = preprocessor.transform(reader.table(rows))
    assert expected[0, -1] != 0
    np.testing.assert_array_equal(encoding.inputs(reader.cells(rows), 1, np.float32), expected)


def texts(table: Any, name: str) -> list[Any]:
    if name == "day":
        return [f"2024-0{1 + n % 9}-11" for n in range(60)]
    return [str(cell) if cell is not None else None for cell in table.cells(name)]
