"""The registry of encodings agrees with the encoders, and knows each encoding's width."""

import pytest

from tabular.encodings import ENCODINGS, Encoding, default_size, fitting_encodings, repeated_values
from tabular.preprocessing.encoders.registry import ENCODERS
from tabular.profile import COLUMN_TYPES, Column, ColumnType


def column(kind: ColumnType = "category", missing: int = 0, distinct: int = 5, singletons: int = 1) -> Column:
    return Column(name="c", type=kind, missing=missing, distinct=distinct, singletons=singletons)


def test_every_encoding_has_an_encoder() -> None:
    assert set(ENCODINGS) == set(ENCODERS)


@pytest.mark.parametrize("kind", COLUMN_TYPES)
def test_every_column_type_has_a_default_encoding(kind: ColumnType) -> None:
    assert fitting_encodings(kind)


def test_numbers_are_standardized_and_labels_one_hot_by_default() -> None:
    defaults = {kind: fitting_encodings(kind)[0] for kind in COLUMN_TYPES}
    assert defaults == {
        "number": "standardize",
        "category": "one_hot",
        "boolean": "one_hot",
        "datetime": "datetime",
        "text": "hashed_text",
    }


@pytest.mark.parametrize(
    ("encoding", "width"),
    [
        ("standardize", 2),
        ("robust", 2),
        ("quantile", 2),
        ("none", 2),
        ("one_hot", 6),
        ("ordinal", 2),
        ("hashed_text", 257),
        ("embedding", 1),
        ("datetime", 8),
        ("numeric_embedding", 6),
        ("cyclic", 3),
    ],
)
def test_a_column_with_missing_values_has_this_width(encoding: Encoding, width: int) -> None:
    assert ENCODINGS[encoding].width(column(missing=3)).inputs_at_most == width


def test_one_hot_is_limited_to_the_most_frequent_values() -> None:
    assert ENCODINGS["one_hot"].width(column(distinct=500, singletons=0)).inputs_at_most == 101


def test_values_of_a_single_row_do_not_count_as_repeated() -> None:
    assert repeated_values(column(distinct=9, singletons=4)) == 5


@pytest.mark.parametrize(("embeddings", "size"), [(2, 2), (10, 6), (481, 50), (10_001, 50)])
def test_the_default_size_grows_slowly_up_to_its_limit(embeddings: int, size: int) -> None:
    assert default_size(embeddings) == size
