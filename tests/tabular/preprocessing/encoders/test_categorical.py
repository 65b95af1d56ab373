"""Categories become one-hot inputs or the numbers of embeddings."""

import pytest

from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.encoders.registry import read_encoder
from tests.support.table_columns import encode, labels, numbers


def test_rare_and_missing_labels_have_their_own_inputs() -> None:
    encoder = OneHotEncoder.fit(labels("a", "a", "b", "b", "rare", None))
    assert encoder == OneHotEncoder(categories=("a", "b"), other=True, missing=True)
    assert encode(encoder, labels("b", "new", None, "rare")).tolist() == [
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
    ]


def test_labels_unseen_in_training_fill_no_input() -> None:
    encoder = OneHotEncoder.fit(labels("a", "a", "b", "b", "c", "c"))
    assert encode(encoder, labels("new", None)).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_two_labels_share_an_input_of_minus_one_and_one() -> None:
    encoder = OneHotEncoder.fit(labels("no", "no", "yes", "yes", None))
    assert encode(encoder, labels("no", "yes", "new", None)).tolist() == [[-1, 0], [1, 0], [0, 0], [0, 1]]
    assert encoder.names("smoker") == ["smoker = yes", "smoker is missing"]


def test_two_labels_of_a_stored_model_have_two_inputs() -> None:
    encoder = read_encoder("one_hot", {"categories": ["no", "yes"], "other": False, "missing": False})
    assert encode(encoder, labels("no", "yes", "new")).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_the_most_frequent_hundred_labels_are_kept() -> None:
    column = labels(*[f"v{place:03}" for place in range(150) for _ in range(2 + place)])
    encoder = OneHotEncoder.fit(column)
    assert (len(encoder.categories), encoder.categories[0], encoder.width) == (100, "v050", 101)


def test_numbers_can_be_one_hot() -> None:
    encoder = OneHotEncoder.fit(numbers(1.0, 1.0, 2.5, 2.5, 7.0, 7.0))
    assert encoder.categories == ("1", "2.5", "7")
    assert encode(encoder, numbers(2.5)).tolist() == [[0, 1, 0]]


def test_categories_are_numbered_from_one_and_unknown_ones_are_zero() -> None:
    encoder = EmbeddingEncoder.fit(labels("b", "b", "a", "a", "rare", None), size=3, embeddings=100)
    assert encoder == EmbeddingEncoder(categories=("a", "b"), missing=True, size=3)
    assert encode(encoder, labels("a", "b", "rare", "new", None)).ravel().tolist() == [1, 2, 0, 0, 3]


def test_a_missing_value_unseen_in_training_counts_as_unknown() -> None:
    encoder = EmbeddingEncoder.fit(labels("b", "b"), size=3, embeddings=100)
    assert encode(encoder, labels("b", None)).ravel().tolist() == [1, 0]


def test_numbers_can_be_embedded() -> None:
    encoder = EmbeddingEncoder.fit(numbers(1.0, 1.0, 2.5, 2.5, None), size=3, embeddings=100)
    assert encode(encoder, numbers(2.5, 1.0, 7.0, None)).ravel().tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize(("embeddings", "kept"), [(5, ("b", "c", "d")), (3, ("d",)), (2, ()), (1, ())])
def test_the_most_frequent_categories_get_the_embeddings(embeddings: int, kept: tuple[str, ...]) -> None:
    column = labels(*"aabbbccccddddd", None)
    encoder = EmbeddingEncoder.fit(column, size=3, embeddings=embeddings)
    assert encoder.categories == kept
    assert encode(encoder, column).max() < embeddings
