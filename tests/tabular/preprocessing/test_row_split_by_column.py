"""Rows are held out by time or by group."""

import numpy as np
import pytest

from tabular.preprocessing.row_split import split_by_group, split_by_time

NONE_MISSING = np.zeros(100, dtype=bool)


def test_the_latest_rows_are_held_out() -> None:
    times = np.random.default_rng(0).permutation(100)
    training, validation = split_by_time(times, NONE_MISSING, 0.2)
    assert sorted(times[validation]) == list(range(80, 100))
    assert sorted([*training, *validation]) == list(range(100))


@pytest.mark.parametrize(("rows_per_time", "held_out"), [(7, 23), (40, 20), (50, 50)])
def test_rows_of_one_time_stay_together(rows_per_time: int, held_out: int) -> None:
    times = np.arange(100) // rows_per_time
    training, validation = split_by_time(times, NONE_MISSING, 0.2)
    assert len(validation) == held_out
    assert times[training].max() < times[validation].min()


def test_rows_without_a_time_are_for_training() -> None:
    missing = np.arange(100) % 2 == 0
    training, validation = split_by_time(np.arange(100), missing, 0.2)
    assert validation.tolist() == list(range(61, 100, 2))
    assert len(training) == 80


def test_one_time_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="two different times"):
        split_by_time(np.ones(100), NONE_MISSING, 0.2)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides(seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 30, 100)
    training, validation = split_by_group(groups, NONE_MISSING, 0.2, seed)
    assert not set(groups[training]) & set(groups[validation])
    assert len(validation) == pytest.approx(20, abs=3)
    assert split_by_group(groups, NONE_MISSING, 0.2, seed)[1].tolist() == validation.tolist()


def test_another_seed_holds_out_other_groups() -> None:
    groups = np.arange(100) // 4
    first, second = (split_by_group(groups, NONE_MISSING, 0.2, seed)[1].tolist() for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.9])
def test_two_groups_leave_one_on_each_side(fraction: float) -> None:
    training, validation = split_by_group(np.arange(100) < 70, NONE_MISSING, fraction, 0)
    assert {len(training), len(validation)} == {30, 70}


def test_rows_without_a_group_are_for_training() -> None:
    missing = np.arange(100) < 50
    training, _ = split_by_group(np.arange(100) // 5, missing, 0.2, 0)
    assert set(range(50)) <= set(training.tolist())


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="two different groups"):
        split_by_group(np.ones(100), NONE_MISSING, 0.2, 0)


def test_fraction_zero_holds_out_nothing() -> None:
    assert len(split_by_time(np.arange(100), NONE_MISSING, 0)[1]) == 0
    assert len(split_by_group(np.arange(100), NONE_MISSING, 0, 0)[1]) == 0
