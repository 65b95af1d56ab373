"""Answers get intervals or label sets for each target column."""

import json

import numpy as np
import pytest

from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.target import TargetEncoder
from tabular.uncertainty.label_sets import LabelSets, evaluate_sets
from tabular.uncertainty.levels import LevelUnavailable
from tabular.uncertainty.uncertainty import Uncertainty, evaluate_uncertainty

LABELS = ColumnTarget(column="kind", task="classification", classes=("a", "b", "c"))
NUMBERS = ColumnTarget(column="price", task="regression", mean=100.0, stddev=10.0)
BOTH = TargetEncoder(columns=(LABELS, NUMBERS), outputs=4)


def draw(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and outputs of both columns; probabilities say how often each class is true."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet((0.5, 0.5, 0.5), rows)
    y = (probabilities.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    value = rng.standard_normal((rows, 1))
    targets = np.concatenate([y[:, None], value + 0.2 * rng.standard_normal((rows, 1))], axis=1)
    targets[:, 1] = 100 + 10 * targets[:, 1]
    return targets, np.concatenate([probabilities, 100 + 10 * value], axis=1)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_contain_the_true_label_as_often_as_requested(level: float) -> None:
    (y, outputs), (new_y, new) = draw(10_000, 1), draw(10_000, 2)
    members = LabelSets.fit(outputs[:, :3], y[:, 0].astype(int)).at(new[:, :3], level)
    assert np.mean(members[np.arange(10_000), new_y[:, 0].astype(int)]) == pytest.approx(level, abs=0.02)
    assert 1 == members.sum(axis=1).min() < members.sum(axis=1).max()


def test_answers_have_what_fits_their_column() -> None:
    uncertainty = Uncertainty.fit(BOTH, *draw(3_000, 1))
    outputs = np.array([[0.98, 0.01, 0.01, 100], [0.05, 0.4, 0.55, 110]])
    first, second = (answer["targets"] for answer in uncertainty.answers(BOTH, outputs, 0.9))
    assert first["kind"] == {"set": ["a"]}
    assert second["kind"]["set"][:2] == ["c", "b"]
    interval = second["price"]["interval"]
    assert 110 - 4 < interval["low"] < 110 < interval["high"] < 110 + 4
    again = Uncertainty.from_json(BOTH, json.loads(json.dumps(uncertainty.to_json())))
    assert again == uncertainty
    one = TargetEncoder.of(NUMBERS)
    alone = Uncertainty(columns=uncertainty.columns[1:])
    assert alone.answers(one, outputs[:, 3:], 0.9)[1] == {"interval": interval}


def test_coverage_is_measured_for_each_column() -> None:
    labels, numbers = evaluate_uncertainty(BOTH, *draw(3_000, 1))
    for each in (*labels, *numbers):
        assert each["coverage"] == pytest.approx(each["level"], abs=0.03) or each["level"] == 0.5  # no empty sets
    assert labels[-1]["mean_size"] > labels[0]["mean_size"] >= 1


def test_few_rows_refuse_high_levels() -> None:
    y, outputs = draw(5, 1)
    sets = LabelSets.fit(outputs[:, :3], y[:, 0].astype(int))
    with pytest.raises(LevelUnavailable):
        sets.at(outputs[:, :3], 0.9)
    assert [each["level"] for each in evaluate_sets(outputs[:2, :3], y[:2, 0].astype(int))] == [0.5]
