"""The paired test: no verdict about equal models, the right one about different models, enough rows or none."""

import numpy as np
import pytest

from tabular.evaluation.comparison.paired_test import compare_losses


def losses(seed: int, rows: int, advantage: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Losses of two models on the same rows: a shared difficulty, and noise of each model."""
    random = np.random.default_rng(seed)
    shared = random.gamma(0.7, 1.0, rows)
    first, second = (shared * random.lognormal(0, 0.3, rows) for _ in range(2))
    return first, second * (1 - advantage)


@pytest.mark.parametrize("rows", [30, 300, 6_000])
def test_equal_models_are_hardly_ever_called_better(rows: int) -> None:
    verdicts = [compare_losses(*losses(seed, rows)).verdict for seed in range(200 if rows > 1_000 else 60)]
    assert verdicts.count("better") + verdicts.count("worse") <= 0.05 * len(verdicts)


def test_a_better_model_is_recognized_and_the_order_turns_the_verdict() -> None:
    first, second = losses(1, 2_000, advantage=0.1)
    test = compare_losses(first, second)
    assert (test.verdict, compare_losses(second, first).verdict) == ("better", "worse")
    assert 0.07 < (test.relative or 0) < 0.13
    assert 0 < test.low < test.difference < test.high


def test_a_certain_difference_that_does_not_matter_is_none() -> None:
    first = losses(2, 20_000)[0]
    test = compare_losses(first, first * 0.999)
    assert (test.p_value < 1e-6, test.verdict) == (True, "same")


def test_few_rows_give_no_verdict() -> None:
    first, second = losses(3, 19, advantage=0.9)
    assert compare_losses(first, second).verdict == "not_enough_rows"
    assert compare_losses(*losses(4, 40)).verdict == "not_enough_rows"


def test_identical_losses_are_the_same() -> None:
    first = losses(5, 100)[0]
    assert (compare_losses(first, first).verdict, compare_losses(first, first).p_value) == ("same", 1.0)
    assert compare_losses(np.zeros(50), np.zeros(50)).verdict == "same"
