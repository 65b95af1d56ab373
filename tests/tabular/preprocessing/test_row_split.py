"""Rows are divided reproducibly into training and validation rows."""

import numpy as np
import pytest

from tabular.preprocessing.row_split import split_rows


@pytest.mark.parametrize("stratify", [True, False])
def test_every_row_is_in_one_part_and_the_same_again(*, stratify: bool) -> None:
    y = np.arange(100) % 3
    training, validation = split_rows(y, 0.25, 7, stratify=stratify)
    assert len(validation) == 25
    assert sorted([*training, *validation]) == list(range(100))
    again = split_rows(y, 0.25, 7, stratify=stratify)
    assert (again[0].tolist(), again[1].tolist()) == (training.tolist(), validation.tolist())


def test_another_seed_holds_out_other_rows() -> None:
    y = np.zeros(100)
    assert split_rows(y, 0.2, 1, stratify=False)[1].tolist() != split_rows(y, 0.2, 2, stratify=False)[1].tolist()


def test_each_class_has_its_share_in_both_parts() -> None:
    y = np.repeat([0, 1, 2], [800, 150, 50])
    _, validation = split_rows(y, 0.2, 0, stratify=True)
    assert np.bincount(y[validation]) == pytest.approx([160, 30, 10], abs=1)


def test_a_class_with_one_row_is_for_training() -> None:
    y = np.array([0] * 50 + [1])
    assert 50 in split_rows(y, 0.6, 0, stratify=True)[0]


def test_fraction_zero_holds_out_no_row() -> None:
    training, validation = split_rows(np.arange(10), 0.0, 0, stratify=False)
    assert (len(training), len(validation)) == (10, 0)


def test_a_small_fraction_holds_out_at_least_one_row() -> None:
    assert len(split_rows(np.arange(4), 0.1, 0, stratify=False)[1]) == 1


def test_a_split_without_training_rows_is_rejected() -> None:
    with pytest.raises(ValueError, match="leaves none to train on"):
        split_rows(np.arange(2), 0.9, 0, stratify=False)
