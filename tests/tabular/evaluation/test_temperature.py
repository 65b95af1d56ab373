"""A temperature is found where it helps, and only there."""

import json

import numpy as np
import pytest

from tabular.evaluation.classification import log_loss
from tabular.evaluation.temperature import Calibration
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder
from tests.support.losses import differences

BINARY = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("no", "yes")))
TERNARY = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("a", "b", "c")))
NUMBER = TargetEncoder.of(ColumnTarget(column="y", task="regression"))
BOTH = TargetEncoder(columns=(*TERNARY.columns, *NUMBER.columns, *BINARY.columns), outputs=5)


def draw(rows: int, overconfidence: float, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and softmax probabilities whose logits are `overconfidence` times too large."""
    rng = np.random.default_rng(0)
    logits = 1.5 * rng.standard_normal((rows, classes))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (true.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    wrong = np.exp(overconfidence * logits)
    outputs = wrong / wrong.sum(axis=1, keepdims=True)
    return y, outputs if classes > 2 else outputs[:, 1:]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_temperature_that_was_planted_is_found(factor: float, classes: int) -> None:
    target = {2: BINARY, 3: TERNARY}[classes]
    y, outputs = draw(5_000, factor, classes)
    calibration = Calibration.fit(target, y, outputs)
    assert calibration.temperatures[0] == pytest.approx(factor, rel=0.1)
    calibrated = calibration.apply(target, outputs)
    assert calibrated.shape == outputs.shape
    before, after = class_probabilities(outputs), class_probabilities(calibrated)
    assert log_loss(y, after) < log_loss(y, before) - 0.01
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))
    again = Calibration.from_json(json.loads(json.dumps(calibration.to_json())))
    assert again == calibration


def test_calibrated_probabilities_are_left_alone() -> None:
    y, outputs = draw(3_000, 1.0)
    calibration = Calibration.fit(TERNARY, y, outputs)
    assert calibration.temperatures == (1.0,)
    assert calibration.apply(TERNARY, outputs) is outputs


def test_few_rows_and_numbers_have_no_temperature() -> None:
    y, outputs = draw(40, 3.0)
    assert not Calibration.fit(TERNARY, y, outputs).changes
    assert not Calibration.fit(NUMBER, np.zeros((99, 1)), np.ones((99, 1))).changes


def test_each_target_has_its_own_temperature() -> None:
    y, outputs = draw(5_000, 3.0)
    binary, sure = draw(5_000, 1.0, 2)
    numbers = np.zeros((5_000, 1))
    calibration = Calibration.fit(
        BOTH, np.stack([y, numbers[:, 0], binary], axis=1), np.concatenate([outputs, numbers, sure], axis=1)
    )
    assert calibration.temperatures[0] > 2
    assert calibration.temperatures[1:] == (1.0, 1.0)


def test_saturated_probabilities_stay_finite() -> None:
    outputs = np.array([[0.0], [1.0], [0.5]])
    calibrated = Calibration(temperatures=(2.0,)).apply(BINARY, outputs)
    assert (np.diff(calibrated[[0, 2, 1], 0]) > 0).all()
    assert ((calibrated >= 0) & (calibrated < 1)).all()


def test_the_gradient_is_the_derivative() -> None:
    rng, calibration = np.random.default_rng(0), Calibration(temperatures=(2.0, 1.0, 0.7))
    outputs, dy = rng.uniform(0.1, 0.9, (4, 5)), rng.standard_normal((4, 5))
    outputs[:, :3] /= outputs[:, :3].sum(axis=1, keepdims=True)
    numeric = differences(lambda at: float(np.sum(dy * calibration.apply(BOTH, at))), outputs, 1e-6)
    found = calibration.gradient(BOTH, outputs, calibration.apply(BOTH, outputs), dy)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-7)
