"""A stored spec becomes the same plan again, also if an earlier version stored it."""

import json
from typing import Any

import pytest

from tabular.planning.serialization import from_spec, to_spec

STORED: dict[str, Any] = {  # a job of version 0.1.0
    "dataset_id": "ds_1",
    "priority": 5,
    "metadata": {},
    "target": "y",
    "sample_weight": None,
    "task": "classification",
    "classes": ["a", "b"],
    "loss": "sigmoid_cross_entropy",
    "outputs": 1,
    "features": [
        {
            "column": "x",
            "type": "number",
            "encoding": "standardize",
            "size": None,
            "vectors": None,
            "inputs_at_most": 1,
        },
        {"column": "z", "type": "category", "encoding": "embedding", "size": 4, "vectors": 12, "inputs_at_most": 1},
    ],
    "inputs_at_most": 2,
    "rows": 100,
    "training_rows": 80,
    "training": {"epochs": 20, "batch_size": 32, "frozen": [1]},
    "model": {
        "layers": [
            {"type": "column_embedding", "columns": [{"column": 0, "categories": 12, "size": 4}]},
            {"type": "dense", "units": 8},
        ]
    },
}


@pytest.mark.parametrize(
    "init_from",
    [
        None,
        {"model_id": "mdl_1", "freeze_layers": 1, "new_head": False, "layers": 2, "head": True},
        {"weights_id": "wts_1", "freeze_layers": 0, "new_head": True, "layers": 1, "head": False},
    ],
)
def test_a_job_of_an_earlier_version_loads(init_from: dict[str, Any] | None) -> None:
    plan = from_spec(json.loads(json.dumps(STORED | {"init_from": init_from})))
    assert [layer.type for layer in plan.layers] == ["column_embedding", "dense"]
    assert plan.features[1].vectors == 12
    assert plan.training.frozen == (1,)
    again = to_spec(plan)
    assert again["init_from"] == init_from
    added = dict.fromkeys(("missing_indicator", "order", "bins", "cycles", "period"))
    assert again["features"] == [added | feature for feature in STORED["features"]]
    assert again["model"]["layers"][0] == STORED["model"]["layers"][0]


def test_a_job_from_before_init_from_existed_loads() -> None:
    assert from_spec(STORED).init_from is None
