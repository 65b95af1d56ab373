"""Models are the same after storing them; their weights files say what the networks return."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.interchange.safetensors import dump_safetensors, load_metadata, load_safetensors
from engine.network import Network
from engine.spec import DenseSpec
from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.encoders.numeric import RawEncoder
from tabular.preprocessing.preprocessor import FittedColumn, Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.bag import Bag
from tabular.trained_model.calibration import Calibration
from tabular.trained_model.stored import (
    StoredWeights,
    architecture_of,
    preprocessing_of,
    read_model,
    weights_file_of,
)
from tabular.trained_model.trained_model import TrainedModel
from tests.support.tabular_jobs import stored_and_read

ROWS: list[dict[str, Any]] = [{"x": 0.5}, {"x": -2}, {"x": None}]
CLASSES = ColumnTarget(column="y", task="classification", classes=("a", "b", "c"))
PREPROCESSOR = Preprocessor(
    columns=(FittedColumn(name="x", type="number", encoder=RawEncoder(fill=0.0, indicator=True)),)
)


def number(mean: float, stddev: float, **more: Any) -> ColumnTarget:
    return ColumnTarget(column="y", task="regression", mean=mean, stddev=stddev, loss="mean_squared_error", **more)


def network(target: TargetEncoder, seed: int) -> Network:
    layers = [DenseSpec(units=3, activation="tanh")]
    loss = "softmax_cross_entropy" if target.classes else "mean_squared_error"
    made = Network(layers, inputs=2, outputs=target.outputs, loss=loss, precision="float32")
    made.initialize(np.random.default_rng(seed))
    return made


def model(column: ColumnTarget, bags: tuple[int, ...] = (1,), **more: Any) -> TrainedModel:
    """Return a model with this many networks in each bag."""
    target, seeds = TargetEncoder.of(column), iter(range(100))
    each = tuple(
        Bag(
            preprocessor=PREPROCESSOR,
            networks=tuple(network(target, next(seeds)) for _ in range(count)),
            weight=1 / len(bags),
        )
        for count in bags
    )
    return TrainedModel(bags=each, target=target, reading=None, forecast=None, **more)


@pytest.mark.parametrize("column", [number(3.0, 2.0), number(1e10, 1.0, clamp=(1e10 - 0.1, 1e10 + 1)), CLASSES])
@pytest.mark.parametrize("bags", [(1,), (3,), (2, 1)])
def test_a_model_predicts_the_same_bits_after_storing_it(column: ColumnTarget, bags: tuple[int, ...]) -> None:
    trained = model(column, bags, calibration=Calibration(temperatures=(2.0 if column is CLASSES else 1.0,)))
    assert stored_and_read(trained).predict(ROWS) == trained.predict(ROWS)


def test_the_answer_is_the_weighted_mean_of_the_bags() -> None:
    trained = model(number(0.0, 1.0), (2, 1))
    x = np.array([[0.5, 0.0]], np.float32)
    (first, second), (third,) = ([each.predict(x) for each in bag.networks] for bag in trained.bags)
    np.testing.assert_allclose(trained.outputs_of_inputs([x, x]), ((first + second) / 2 + third) / 2, rtol=1e-6)


def test_units_are_folded_into_a_download_only_if_that_is_exact() -> None:
    small, large = (weights_file_of(model(number(mean, 2.0))) for mean in (3.0, 1e7))
    assert (small.output_units, large.output_units, large.output_layers) == ("target", "standardized", None)
    assert load_metadata(small.data)["output_units"] == "target"
    metadata = load_metadata(large.data)
    assert (metadata["target_mean"], metadata["target_stddev"]) == ("10000000.0", "2.0")
    trained, folded = model(number(3.0, 2.0)), network(TargetEncoder.of(number(3.0, 2.0)), 0)
    folded.load_torch_state(load_safetensors(small.data))
    x = np.array([[0.5, 0.0]], np.float32)
    np.testing.assert_allclose(folded.predict(x), trained.outputs_of_inputs([x]), rtol=1e-6)


def test_models_whose_weights_contain_the_units_predict_as_before() -> None:
    trained = model(number(3.0, 2.0))
    file = weights_file_of(trained)
    old = StoredWeights(data=dump_safetensors(load_safetensors(file.data), {"format": "pt"}), output_layers=None)
    stored = json.loads(json.dumps([architecture_of(trained), preprocessing_of(trained)]))
    values = [answer["value"] for answer in read_model(*stored, old).predict(ROWS)]
    assert values == pytest.approx([answer["value"] for answer in trained.predict(ROWS)], rel=1e-6)


def test_a_temperature_divides_the_logits() -> None:
    plain, column = model(CLASSES), replace(CLASSES, classes=("no", "yes"))
    logits = np.array([[1.0, -2.0, 0.5]])
    soft = replace(plain, calibration=Calibration(temperatures=(3.0,))).finish(softmax(logits))
    np.testing.assert_allclose(soft, softmax(logits / 3))
    two = replace(plain, target=TargetEncoder.of(column), calibration=Calibration(temperatures=(0.5,)))
    np.testing.assert_allclose(two.finish(np.array([[0.8]])), softmax(np.log([[0.2, 0.8]]) / 0.5)[:, 1:])


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
