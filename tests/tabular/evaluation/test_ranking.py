"""Curves have the right points, few of them, and keep their areas."""

import numpy as np
import pytest

from tabular.evaluation.ranking import MAX_POINTS, Ranking


def ranking(positive: list[int], score: list[float]) -> Ranking:
    found = Ranking.of(np.array(positive) == 1, np.array(score))
    assert found is not None
    return found


def test_a_curve_has_a_point_for_each_distinct_score() -> None:
    found = ranking([1, 0, 1, 0], [0.9, 0.6, 0.6, 0.1])
    roc = found.roc()
    assert roc["threshold"] == [None, 0.9, 0.6, 0.1]
    assert roc["false_positive_rate"] == [0, 0, 0.5, 1]
    assert roc["true_positive_rate"] == [0, 0.5, 1, 1]
    assert roc["auc"] == 0.875
    curve = found.precision_recall()
    assert curve["recall"] == [0.5, 1, 1]
    assert curve["precision"] == [1, 0.666667, 0.5]
    assert curve["average_precision"] == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_lift_says_how_much_the_highest_scores_find() -> None:
    lift = ranking([1] * 10 + [0] * 90, [1 - place / 100 for place in range(100)]).lift()
    assert (lift["fraction"][9], lift["gain"][9], lift["lift"][9]) == (0.1, 1, 10)
    assert (lift["fraction"][-1], lift["gain"][-1], lift["lift"][-1]) == (1, 1, 1)
    same = ranking([1] * 10 + [0] * 90, [0.5] * 100).lift()
    assert set(same["lift"]) == {1}


def test_the_best_threshold_has_the_highest_f1() -> None:
    best = ranking([1, 1, 0, 1, 0], [0.9, 0.4, 0.35, 0.3, 0.1]).best_threshold()
    assert best == pytest.approx({"threshold": 0.3, "f1": 6 / 7, "precision": 0.75, "recall": 1.0})


@pytest.mark.parametrize("noise", [0.01, 0.3, 3.0])
@pytest.mark.parametrize("share", [0.002, 0.5])
def test_fewer_points_keep_the_area(noise: float, share: float) -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(50_000) < share
    found = Ranking.of(positive, positive + noise * rng.standard_normal(50_000))
    assert found is not None
    roc, curve = found.roc(), found.precision_recall()
    assert len(roc["threshold"]) <= MAX_POINTS
    assert len(curve["threshold"]) <= MAX_POINTS
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(roc["auc"], abs=2e-4)
    stepped = np.sum(np.diff(curve["recall"], prepend=0) * np.array(curve["precision"]))
    assert stepped == pytest.approx(curve["average_precision"], abs=1e-2)


def test_rows_of_one_kind_have_no_curve() -> None:
    assert Ranking.of(np.array([True, True]), np.array([0.1, 0.2])) is None
    assert Ranking.of(np.array([False]), np.array([0.1])) is None
