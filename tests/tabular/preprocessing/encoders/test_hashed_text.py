"""Free text becomes inputs of ordinary size, from which a network learns."""

import random

import numpy as np
import pytest

from examples.tables import PLAIN_WORDS, PRAISE, make_table
from tabular.preprocessing.encoders.hashed_text import MAX_INPUT, HashedTextEncoder
from tests.support.reading import Reader
from tests.support.table_columns import encode, labels
from tests.support.tabular_jobs import csv, train_job


def test_a_network_learns_from_hashed_reviews(read: Reader) -> None:
    prices = {"column": "prices", "encoding": "ordinal", "order": ["low", "medium", "high"]}
    features = [{"column": "review", "encoding": "hashed_text"}, prices]
    model = train_job(read(csv(make_table("reviews"))), "recommended", features=features, training={"epochs": 4})
    assert model.plan.features[0].size == 256
    assert model.evaluation["accuracy"] > 0.93
    good, bad = model.predict([{"review": "Delicious food, and friendly staff!"}, {"review": "dirty room, rude staff"}])
    assert (good["label"], bad["label"]) == ("yes", "no")


def test_inputs_have_a_mean_square_near_one() -> None:
    rng = random.Random(0)
    column = labels(*(" ".join(rng.choices(PLAIN_WORDS + PRAISE, k=6)) for _ in range(300)))
    x = encode(HashedTextEncoder.fit(column, size=64), column)
    assert (x**2).mean() == pytest.approx(1, abs=0.15)
    assert np.abs(x).max() <= MAX_INPUT


def test_missing_and_empty_texts_fill_no_hashed_input() -> None:
    encoder = HashedTextEncoder.fit(labels("one two", None, "three"), size=8)
    x = encode(encoder, labels(None, "!", "three"))
    assert not x[:2, :8].any()
    assert x[2, :8].any()
    assert x[:, 8].tolist() == [1, 0, 0]
    assert len(encoder.names("note")) == encoder.width == 9


def test_equal_texts_have_equal_inputs() -> None:
    column = labels("b c", "a", "b c", None, "a")
    x = encode(HashedTextEncoder.fit(column, size=16), column)
    np.testing.assert_array_equal(x[[0, 1]], x[[2, 4]])
    assert (x[0] != x[1]).any()


def test_only_missing_texts_can_be_encoded() -> None:
    encoder = HashedTextEncoder.fit(labels(None, None), size=4)
    assert encode(encoder, labels(None, "new")).shape == (2, 5)
