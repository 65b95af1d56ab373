"""The evaluation's figures are those of the predictions that a client gets for the same rows."""

import math
from typing import Any

import numpy as np
import pytest

from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, train_job

ROWS = 90
NUMBER_LOSSES = ["mean_squared_error", "mean_absolute_error", "huber", {"type": "quantile", "quantiles": [0.1, 0.5]}]
CLASS_LOSSES = ["auto", "softmax_cross_entropy", {"type": "softmax_cross_entropy", "label_smoothing": 0.1}]


def pick(rng: np.random.Generator, choices: list[Any]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def random_table(rng: np.random.Generator) -> dict[str, Any]:
    """Return a table with a class and a number `y`: means up to 10^12, standard deviations down to 10^-6."""
    x = rng.normal(size=ROWS)
    offset, spread = pick(rng, [(0.0, 1e-6), (1e7, 1.1), (-1e12, 50.0), (1e10, 1e6), (3.0, 1e-6), (1e9, 0.5)])
    y = offset + spread * (x + 0.3 * rng.normal(size=ROWS))
    kinds = np.array(["a", "b", "c"])[: pick(rng, [2, 3])]
    kind = kinds[np.clip(np.digitize(x + rng.normal(size=ROWS), [-0.3, 0.5]), 0, len(kinds) - 1)]
    weight = rng.integers(1, 4, size=ROWS)
    return {"x": x, "group": rng.integers(0, 3, size=ROWS), "weight": weight, "y": y, "kind": kind}


def random_request(rng: np.random.Generator, target: str | list[str]) -> dict[str, Any]:
    losses = NUMBER_LOSSES if target == "y" else CLASS_LOSSES if target == "kind" else ["auto"]
    training: dict[str, Any] = {
        "epochs": 4,
        "seed": int(rng.integers(100)),
        "precision": pick(rng, ["float32", "float64"]),
        "validation": {"fraction": 0.5},
        "loss": pick(rng, losses),
    }
    if training["loss"] == "auto":
        del training["loss"]
    layers = [{"type": "dense", "units": 8, "activation": "tanh"}]
    weight = pick(rng, [None, "weight"])
    features = [{"column": "x"}, {"column": "group", "encoding": "embedding", "size": 2}]
    return {"training": training, "model": layers, "sample_weight": weight, "features": features}


@pytest.mark.parametrize("specs", [range(6), pytest.param(range(6, 40), marks=pytest.mark.long)])
def test_served_predictions_have_the_scores_of_the_evaluation(read: Reader, specs: range) -> None:
    for seed in specs:
        rng = np.random.default_rng(seed)
        columns, target = random_table(rng), pick(rng, ["y", "y", "kind", ["y", "kind"]])
        data = read(csv(columns))
        model = train_job(data, target, **random_request(rng, target))
        held_out = model.arrays.validation_rows
        rows = [
            {"x": x, "group": int(group)}
            for x, group in zip(columns["x"][held_out].tolist(), columns["group"][held_out], strict=True)
        ]
        answers = model.predict(rows)
        for name in [target] if isinstance(target, str) else target:
            served = [answer if isinstance(target, str) else answer["targets"][name] for answer in answers]
            evaluated = model.evaluation if isinstance(target, str) else model.evaluation["targets"][name]
            for metric, value in scores(columns[name][held_out], served).items():
                scale = columns["y"].std() if metric in {"mae", "rmse"} else 1.0
                assert math.isclose(value, evaluated[metric], rel_tol=1e-6, abs_tol=1e-6 * scale), (seed, metric)


def scores(true: np.ndarray, served: list[dict[str, Any]]) -> dict[str, float]:
    """Return the main scores of answers as JSON."""
    if "value" in served[0]:
        residuals = true - np.array([answer["value"] for answer in served])
        total = np.sum((true - true.mean()) ** 2)
        return {
            "r2": 1 - np.sum(residuals**2) / total,
            "mae": np.abs(residuals).mean(),
            "rmse": np.sqrt(np.mean(residuals**2)),
        }
    right = [answer["label"] == label for answer, label in zip(served, true.tolist(), strict=True)]
    of_truth = [answer["probabilities"][label] for answer, label in zip(served, true.tolist(), strict=True)]
    return {"accuracy": float(np.mean(right)), "log_loss": float(-np.log(of_truth).mean())}
