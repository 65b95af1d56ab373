"""Images, sequences and several targets are planned, trained and predicted like any other job."""

from typing import Any

import numpy as np
import pytest

from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, plan_job, train_job

FAST: dict[str, Any] = {"optimizer": {"type": "adam", "learning_rate": 0.01}, "schedule": {"type": "cosine"}}
LENET = [
    {"type": "reshape", "shape": [1, 8, 8]},
    {"type": "conv2d", "channels": 6, "padding": "same"},
    {"type": "max_pool"},
    {"type": "conv2d", "channels": 12, "padding": "same"},
    {"type": "max_pool"},
    {"type": "flatten"},
    {"type": "dense", "units": 32},
]
TRANSFORMER = [
    {"type": "embedding", "vocabulary": 10, "units": 32},
    {"type": "positions", "kind": "learned"},
    {"type": "residual", "layers": [{"type": "layer_norm"}, {"type": "attention", "heads": 4}]},
    {
        "type": "residual",
        "layers": [
            {"type": "layer_norm"},
            {"type": "dense", "units": 64, "activation": "gelu"},
            {"type": "dense", "units": 32, "activation": "linear"},
        ],
    },
    {"type": "layer_norm"},
]


def spirals(rows: int) -> dict[str, Any]:
    """Return two spiral arms around the center."""
    rng = np.random.default_rng(0)
    arm, radius = np.arange(rows) % 2, rng.uniform(0.2, 1, rows)
    angle = 5 * radius + np.pi * arm
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return {"x": x.round(4), "y": y.round(4), "arm": np.array(["left", "right"])[arm]}


def images(rows: int) -> dict[str, Any]:
    """Return images of 8 x 8 noisy pixels with a horizontal, vertical or diagonal bar; the border is always black."""
    rng = np.random.default_rng(1)
    pixels, kinds = rng.integers(0, 6, (rows, 8, 8)), rng.integers(0, 3, rows)
    steps = {0: (0, 1), 1: (1, 0), 2: (1, 1)}
    for image, kind in zip(pixels, kinds, strict=True):
        down, right = steps[int(kind)]
        top, left = rng.integers(1, 8 - 4 * down), rng.integers(1, 8 - 4 * right)
        for step in range(4):
            image[top + step * down, left + step * right] = 15
    pixels[:, [0, -1]] = pixels[:, :, [0, -1]] = 0
    columns = {f"p{index}": pixels.reshape(rows, 64)[:, index] for index in range(64)}
    return columns | {"bar": np.array(["horizontal", "vertical", "diagonal"])[kinds]}


def numbers_to_sort(rows: int) -> dict[str, Any]:
    given = np.random.default_rng(2).integers(0, 10, (rows, 5))
    ordered = np.sort(given, axis=1)
    return {f"n{n}": given[:, n] for n in range(5)} | {f"s{n}": ordered[:, n] for n in range(5)}


def test_dense_layers_classify_two_spirals(read: Reader) -> None:
    layers = [{"type": "dense", "units": 32, "activation": "tanh"}] * 2
    model = train_job(read(csv(spirals(600))), "arm", model=layers, training=FAST | {"epochs": 60, "seed": 1})
    assert model.evaluation["accuracy"] > 0.97
    assert {answer["label"] for answer in model.predict([{"x": 0.5, "y": 0.1}, {"x": -0.5, "y": -0.1}])} == {
        "left",
        "right",
    }


def test_a_convolutional_network_learns_from_flat_pixel_columns(read: Reader) -> None:
    model = train_job(read(csv(images(600))), "bar", model=LENET, training=FAST | {"epochs": 12})
    assert model.plan.inputs_at_most == 64  # the black border, too
    assert model.evaluation["accuracy"] > 0.9
    row = {f"p{place}": 15 if place // 8 == 3 and 2 <= place % 8 < 6 else 2 for place in range(64)}
    (answer,) = model.predict([row])
    assert answer["label"] == "horizontal"


def test_a_transformer_sorts(read: Reader) -> None:
    targets = [f"s{n}" for n in range(5)]
    training = {
        "epochs": 8,
        "batch_size": 64,
        "optimizer": {"type": "adam", "learning_rate": 0.005},
        "schedule": {"type": "cosine", "warmup_steps": 20},
    }
    model = train_job(read(csv(numbers_to_sort(3_000))), targets, model=TRANSFORMER, training=training)
    assert (model.plan.outputs, model.plan.loss) == ((5, 10), "softmax_cross_entropy")
    assert {feature.encoding for feature in model.plan.features} == {"none"}
    assert model.evaluation["all_right"] > 0.8 > 10 * model.evaluation["baseline"]["all_right"]
    assert model.evaluation["targets"]["s0"]["accuracy"] > 0.9
    (answer,) = model.predict([{"n0": 7, "n1": 3, "n2": 9, "n3": 0, "n4": 3}])
    assert [answer["targets"][name]["label"] for name in targets] == ["0", "3", "3", "7", "9"]
    assert set(answer["targets"]["s0"]["probabilities"]) == set(map(str, range(10)))


def test_a_series_is_forecast_several_steps_ahead(read: Reader) -> None:
    rng = np.random.default_rng(3)
    phase, speed = rng.uniform(0, 6, (600, 1)), rng.uniform(0.2, 0.5, (600, 1))
    series = 100 + 20 * np.sin(phase + speed * np.arange(18))
    table = {f"t{n}": series[:, n].round(3) for n in range(18)}
    layers = [{"type": "reshape", "shape": [16, 1]}, {"type": "gru", "units": 16}]
    model = train_job(read(csv(table)), ["t16", "t17"], model=layers, training=FAST | {"epochs": 30})
    assert model.evaluation["r2"] > 0.95
    row = {f"t{n}": 100 + 20 * np.sin(1 + 0.3 * n) for n in range(16)}
    (answer,) = model.predict([row])
    for n in (16, 17):
        assert answer["targets"][f"t{n}"]["value"] == pytest.approx(100 + 20 * np.sin(1 + 0.3 * n), abs=4)


def test_several_labels_get_one_probability_each(read: Reader) -> None:
    x = np.random.default_rng(4).normal(size=(500, 2)).round(3)
    table = {"a": x[:, 0], "b": x[:, 1], "up": x[:, 0] > 0, "out": (x**2).sum(axis=1) > 1}
    model = train_job(read(csv(table)), ["up", "out"], training=FAST | {"epochs": 30})
    assert (model.plan.loss, model.plan.outputs) == ("sigmoid_cross_entropy", 2)
    assert model.evaluation["all_right"] > 0.85
    (answer,) = model.predict([{"a": 2, "b": 0}])
    assert [answer["targets"][name]["label"] for name in ("up", "out")] == ["True", "True"]


def test_numbers_and_classes_are_learned_together(read: Reader) -> None:
    x = np.random.default_rng(5).normal(size=(500, 2)).round(3)
    corner = np.array(["p", "q", "r"])[(x[:, 0] > 0) + 2 * (x[:, 1] > 1).clip(max=1) * (x[:, 0] <= 0)]
    table = {"a": x[:, 0], "b": x[:, 1], "corner": corner, "sum": 1_000 * x.sum(axis=1), "up": x[:, 0] > 0}
    model = train_job(read(csv(table)), ["sum", "corner", "up"], training=FAST | {"epochs": 30})
    assert (model.plan.task, model.plan.outputs) == (None, 1 + 3 + 1)
    assert model.evaluation["r2"] > 0.95
    assert model.evaluation["targets"]["sum"]["mae"] > 10  # in the column's own units
    (answer,) = model.predict([{"a": 1.5, "b": 0.5}])
    assert answer["targets"]["sum"]["value"] == pytest.approx(2_000, abs=400)
    assert (answer["targets"]["corner"]["label"], answer["targets"]["up"]["label"]) == ("q", "True")


@pytest.mark.parametrize("loss", ["mean_absolute_error", {"type": "huber", "delta": 0.5}])
def test_robust_losses_predict_in_the_units_of_the_target(read: Reader, loss: Any) -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=600).round(3)
    y = 500 + 30 * x + np.where(rng.random(600) < 0.05, 3_000, 0)
    model = train_job(read(csv({"x": x, "y": y})), "y", training=FAST | {"epochs": 30, "loss": loss})
    (answer,) = model.predict([{"x": 1}])
    assert answer["value"] == pytest.approx(530, abs=40)


def test_quantiles_cover_the_stated_share(read: Reader) -> None:
    rng = np.random.default_rng(7)
    x = rng.uniform(1, 3, 1_500).round(3)
    table = {"x": x, "y": 10 * x * np.exp(0.3 * rng.normal(size=1_500))}
    loss = {"type": "quantile", "quantiles": [0.1, 0.5, 0.9]}
    model = train_job(read(csv(table)), "y", training=FAST | {"epochs": 30, "loss": loss})
    assert model.evaluation["coverage"]["0.1"] == pytest.approx(0.1, abs=0.06)
    assert model.evaluation["coverage"]["0.9"] == pytest.approx(0.9, abs=0.06)
    (answer,) = model.predict([{"x": 2}])
    assert answer["quantiles"]["0.1"] < answer["value"] == answer["quantiles"]["0.5"] < answer["quantiles"]["0.9"]
    assert answer["quantiles"]["0.1"] == pytest.approx(20 * np.exp(-0.3 * 1.28), rel=0.15)


def test_counts_are_predicted_as_rates(read: Reader) -> None:
    rng = np.random.default_rng(8)
    x = rng.uniform(-1, 1, 1_500).round(3)
    table = {"x": x, "count": rng.poisson(np.exp(1 + x))}
    model = train_job(read(csv(table)), "count", training=FAST | {"epochs": 30, "loss": "poisson"})
    assert model.plan.task == "regression"
    assert model.evaluation["poisson_deviance"] < 0.8 * model.evaluation["baseline"]["poisson_deviance"]
    (answer,) = model.predict([{"x": 0.5}])
    assert answer["value"] == pytest.approx(np.exp(1.5), rel=0.15)


def test_losses_and_weights_of_targets_can_be_requested(read: Reader) -> None:
    x = np.random.default_rng(9).normal(size=300).round(3)
    kind = np.array(["p", "q", "r"])[np.digitize(x, [-0.5, 0.5])]
    parts = [
        {"outputs": 3, "loss": {"type": "softmax_cross_entropy", "label_smoothing": 0.1}, "weight": 2.0},
        {"outputs": 2, "loss": {"type": "quantile", "quantiles": [0.25, 0.75]}},
    ]
    training = FAST | {"epochs": 20, "loss": {"type": "multi_target", "targets": parts}}
    model = train_job(read(csv({"x": x, "kind": kind, "z": 5 * x})), ["kind", "z"], training=training)
    assert model.plan.outputs == 5
    (answer,) = model.predict([{"x": 2}])
    assert answer["targets"]["kind"]["label"] == "r"
    assert set(answer["targets"]["z"]["quantiles"]) == {"0.25", "0.75"}


def test_a_list_of_one_target_equals_the_single_target(read: Reader) -> None:
    data = read(csv(spirals(40)))
    assert plan_job(data, ["arm"]) == plan_job(data, "arm")
