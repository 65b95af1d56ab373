"""Intervals contain new values as often as requested, and are narrow where residuals are small."""

import json

import numpy as np
import pytest

from tabular.uncertainty.levels import LevelUnavailable
from tabular.uncertainty.number_intervals import NumberIntervals, evaluate_intervals

NOISES = {
    "normal": lambda rng, x: rng.standard_normal(len(x)),
    "skewed": lambda rng, x: rng.exponential(1, len(x)) ** 2,
    "growing": lambda rng, x: rng.standard_normal(len(x)) * (0.1 + x),
    "heavy tails": lambda rng, x: rng.standard_t(2, len(x)),
}


def draw(noise: str, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions and true values."""
    rng = np.random.default_rng(seed)
    x = rng.random(rows)
    return 10 * x, 10 * x + NOISES[noise](rng, x)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.935, 0.99])
@pytest.mark.parametrize("noise", NOISES)
def test_new_values_are_inside_as_often_as_requested(noise: str, level: float) -> None:
    intervals = NumberIntervals.fit(*draw(noise, 4_000, seed=1))
    predicted, true = draw(noise, 20_000, seed=2)
    low, high = intervals.at(predicted, level)
    assert np.mean((low <= true) & (true <= high)) == pytest.approx(level, abs=0.02)


def test_few_rows_still_cover_on_average() -> None:
    covered = []
    predicted, true = draw("normal", 20_000, seed=999)
    for seed in range(200):
        low, high = NumberIntervals.fit(*draw("normal", 19, seed)).at(predicted, 0.9)
        covered.append(np.mean((low <= true) & (true <= high)))
    assert 0.885 < np.mean(covered) < 0.925


def test_intervals_are_wider_where_residuals_are_larger() -> None:
    intervals = NumberIntervals.fit(*draw("growing", 4_000, seed=1))
    low, high = intervals.at(np.array([0.5, 9.5]), 0.9)
    widths = high - low
    assert widths[1] > 3 * widths[0]
    normal = NumberIntervals.fit(*draw("normal", 4_000, seed=1))
    assert normal.scale.knots == ()


def test_skewed_residuals_have_intervals_with_two_sides() -> None:
    low, high = NumberIntervals.fit(*draw("skewed", 4_000, seed=1)).at(np.array([5.0]), 0.9)
    assert high - 5 > 5 * (5 - low)


def test_counts_have_no_negative_interval() -> None:
    predicted, true = draw("normal", 500, seed=1)
    low, high = NumberIntervals.fit(predicted, true, minimum=0.0).at(np.array([0.2, 5.0]), 0.9)
    assert low[0] == 0 < low[1] < high[1]


def test_too_few_rows_refuse_high_levels() -> None:
    intervals = NumberIntervals.fit(*draw("normal", 19, seed=1))
    intervals.at(np.zeros(1), 0.95)
    with pytest.raises(LevelUnavailable) as refused:
        intervals.at(np.zeros(1), 0.96)
    assert (refused.value.rows, refused.value.highest) == (19, 0.95)


def test_stored_intervals_are_the_same() -> None:
    intervals = NumberIntervals.fit(*draw("growing", 1_000, seed=1))
    assert NumberIntervals.from_json(json.loads(json.dumps(intervals.to_json()))) == intervals


def test_the_coverage_is_measured_on_other_rows() -> None:
    found = evaluate_intervals(*draw("growing", 4_000, seed=1))
    assert [each["level"] for each in found] == [0.5, 0.8, 0.9, 0.95]
    for each in found:
        assert each["coverage"] == pytest.approx(each["level"], abs=0.03)
    assert found[0]["mean_width"] < found[-1]["mean_width"]
    assert [each["level"] for each in evaluate_intervals(*draw("normal", 20, seed=1))] == [0.5, 0.8, 0.9]
    assert evaluate_intervals(*draw("normal", 1, seed=1)) == []
