"""Ordered categories become equal steps from -1 to 1."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.ordinal import OrdinalEncoder
from tests.support.table_columns import encode, labels


def test_categories_have_the_requested_order() -> None:
    encoder = OrdinalEncoder.fit(labels("S", "M", "L"), order=("S", "M", "L"))
    assert encode(encoder, labels("S", "M", "L")).tolist() == [[-1], [0], [1]]


def test_without_an_order_categories_are_sorted() -> None:
    encoder = OrdinalEncoder.fit(labels("c", "a", "b", "d"))
    assert encoder.categories == ("a", "b", "c", "d")
    assert encode(encoder, labels("a", "b", "c", "d")).ravel() == pytest.approx([-1, -1 / 3, 1 / 3, 1])


def test_unseen_and_missing_values_are_the_middle() -> None:
    encoder = OrdinalEncoder.fit(labels("a", "b", None))
    assert encode(encoder, labels("a", "z", None)).tolist() == [[-1, 0], [0, 0], [0, 1]]
    assert encoder.names("x") == ["x", "x is missing"]


def test_categories_of_other_rows_are_not_learned() -> None:
    column = labels("a", "b", "c")
    assert OrdinalEncoder.fit(column.take(np.array([0, 2]))).categories == ("a", "c")


def test_a_single_category_and_none_become_zero() -> None:
    assert encode(OrdinalEncoder.fit(labels("a", "a")), labels("a", "b")).tolist() == [[0], [0]]
    assert encode(OrdinalEncoder.fit(labels(None, None), indicator=False), labels(None, "b")).tolist() == [[0], [0]]
