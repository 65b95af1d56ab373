"""Rows are divided into folds: each is left out at most once, and by rules that fit the data."""

import numpy as np
import pytest

from tabular.preprocessing.fold_split import Folds, fold_by_group, fold_by_time, fold_rows

RNG = np.random.default_rng(1)
NONE_MISSING = np.zeros(103, dtype=bool)
SOME_MISSING = np.arange(103) % 10 == 0


def left_out(folds: Folds) -> list[int]:
    for training, validation in folds:
        assert not np.intersect1d(training, validation).size
        assert validation.size
    return np.sort(np.concatenate([validation for _, validation in folds])).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("stratify", [False, True])
def test_each_row_is_left_out_once_in_folds_of_equal_size(*, stratify: bool) -> None:
    y = np.arange(103) % 3
    folds = fold_rows(y, 5, seed=4, stratify=stratify)
    assert left_out(folds) == list(range(103))
    assert {len(validation) for _, validation in folds} <= {20, 21}
    assert all(len(training) + len(validation) == 103 for training, validation in folds)
    again, other = fold_rows(y, 5, seed=4, stratify=stratify), fold_rows(y, 5, seed=5, stratify=stratify)
    assert np.array_equal(folds[0][1], again[0][1])
    assert not np.array_equal(folds[0][1], other[0][1])


def test_stratified_folds_have_the_same_share_of_a_rare_class() -> None:
    y = (np.arange(103) < 10).astype(int)
    assert [int(y[validation].sum()) for _, validation in fold_rows(y, 5, seed=0, stratify=True)] == [2] * 5


def test_a_group_is_left_out_as_a_whole_and_folds_are_balanced() -> None:
    groups = RNG.integers(0, 25, 103)
    folds = fold_by_group(groups, SOME_MISSING, 4, seed=0)
    assert left_out(folds) == np.flatnonzero(~SOME_MISSING).tolist()
    for training, validation in folds:
        assert not set(groups[validation]) & set(groups[training[~SOME_MISSING[training]]])
        assert set(np.flatnonzero(SOME_MISSING)) <= set(training)
        assert 19 <= len(validation) <= 27


def test_networks_predict_the_period_after_their_training_rows() -> None:
    times = RNG.permutation(103) // 2
    folds = fold_by_time(times, NONE_MISSING, 3)
    assert len(left_out(folds)) == pytest.approx(103 * 3 / 4, abs=2)
    for (training, validation), more in zip(folds, [*(part for part, _ in folds[1:]), None], strict=True):
        assert times[training].max() < times[validation].min()
        assert more is None or np.array_equal(np.sort(np.concatenate([training, validation])), more)


def test_every_period_has_a_time_even_if_most_rows_share_one() -> None:
    times = np.array([0, 1, 2, *[3] * 100])
    assert left_out(fold_by_time(times, NONE_MISSING, 3)) == list(range(1, 103))


@pytest.mark.parametrize(
    ("divide", "message"),
    [
        (lambda: fold_rows(np.zeros(3), 4, seed=0, stratify=False), "4 different rows"),
        (lambda: fold_by_group(np.zeros(103), NONE_MISSING, 2, seed=0), "2 different groups"),
        (lambda: fold_by_time(np.arange(103) // 52, NONE_MISSING, 2), "3 different times"),
    ],
)
def test_too_few_values_for_the_folds_are_rejected(divide: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        divide()  # type: ignore[operator]
