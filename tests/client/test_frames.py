"""Data frames are uploaded and predicted with their types."""

from typing import Any

import pandas as pd
import pytest

from backprop_client import Client

COLUMNS: dict[str, Any] = {
    "number": [1.5, float("nan"), 3.0, 2.0],
    "count": [1, 2, 3, 4],
    "kind": ["a", None, "b", "a"],
    "seen": pd.to_datetime(["2024-01-05", "2024-02-06", None, "2024-03-07"]),
    "paid": [True, False, True, True],
}


@pytest.fixture
def frame() -> pd.DataFrame:
    """Columns of five types, with missing values and an index that is no column."""
    return pd.DataFrame(COLUMNS, index=[7, 8, 9, 10])


def test_a_frame_keeps_types_and_missing_values(client: Client, frame: pd.DataFrame) -> None:
    dataset = client.datasets.upload(frame, name="frame")
    found = {column["name"]: (column["type"], column["missing"]) for column in dataset.columns}
    assert found == {
        "number": ("number", 1),
        "count": ("number", 0),
        "kind": ("category", 1),
        "seen": ("datetime", 1),
        "paid": ("boolean", 0),
    }


def test_rows_of_a_frame_are_predicted_like_the_same_rows(client: Client, frame: pd.DataFrame) -> None:
    dataset = client.datasets.upload(pd.concat([frame] * 20), name="frame")
    job = client.jobs.create(
        dataset_id=dataset.id, target="paid", model={"layers": []}, training={"epochs": 2}, ensemble=None
    ).wait(60)
    model = job.model()
    rows = [
        {"number": 1.5, "count": 1, "kind": "a", "seen": "2024-01-05"},
        {"number": None, "count": 2, "kind": None, "seen": "2024-02-06"},
        {"number": 3.0, "count": 3, "kind": "b", "seen": None},
        {"number": 2.0, "count": 4, "kind": "a", "seen": "2024-03-07"},
    ]
    assert model.predict(frame.drop(columns="paid")).to_dicts() == model.predict(rows).to_dicts()
