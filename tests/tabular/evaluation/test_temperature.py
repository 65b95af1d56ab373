"""A temperature is found where it helps, and only there."""

import numpy as np
import pytest

from tabular.evaluation.classification import log_loss
from tabular.evaluation.temperature import fit_calibration
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.calibration import scale_probabilities

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
    calibration = fit_calibration(target, y[:, None], outputs)
    assert calibration is not None
    assert calibration.temperatures[0] == pytest.approx(factor, rel=0.1)
    before = class_probabilities(outputs)
    after = class_probabilities(scale_probabilities(outputs, calibration.temperatures[0]))
    assert log_loss(y, after) < log_loss(y, before) - 0.01
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))


def test_calibrated_probabilities_are_left_alone() -> None:
    y, outputs = draw(3_000, 1.0)
    assert fit_calibration(TERNARY, y[:, None], outputs) is None


def test_few_rows_and_numbers_have_no_temperature() -> None:
    y, outputs = draw(40, 3.0)
    assert fit_calibration(TERNARY, y[:, None], outputs) is None
    assert fit_calibration(NUMBER, np.zeros((99, 1)), np.ones((99, 1))) is None


def test_each_target_has_its_own_temperature() -> None:
    y, outputs = draw(5_000, 3.0)
    binary, sure = draw(5_000, 1.0, 2)
    numbers = np.zeros((5_000, 1))
    truth = np.stack([y, numbers[:, 0], binary], axis=1)
    calibration = fit_calibration(BOTH, truth, np.concatenate([outputs, numbers, sure], axis=1))
    assert calibration is not None
    assert calibration.temperatures[0] > 2
    assert calibration.temperatures[1:] == (1.0, 1.0)
