"""Texts are hashed into vectors of length 1, the same in every process and on every machine."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.text_hashing import MAX_CHARACTERS, TextHasher


def similarity(first: str, second: str) -> float:
    hasher = TextHasher(1_024)
    return float(hasher.vector(first) @ hasher.vector(second))


def test_hashes_do_not_depend_on_the_process() -> None:
    vector = TextHasher(8).vector("Good food, bad service")
    expected = [0.1324532, 0.3973597, -0.3973597, 0.2649065, -0.2649065, -0.2649065, 0.1324532, 0.6622662]
    assert vector == pytest.approx(expected, abs=1e-6)


def test_a_hasher_gives_the_same_vector_again() -> None:
    hasher = TextHasher(64)
    first = hasher.vector("one two one")
    hasher.vector("three")
    np.testing.assert_array_equal(hasher.vector("one two one"), first)


def test_case_and_punctuation_do_not_matter() -> None:
    assert similarity("Very GOOD!", "very good") == pytest.approx(1)


def test_similar_words_are_closer_than_others() -> None:
    assert similarity("delivered", "delivery") > 0.3 > abs(similarity("delivered", "broken"))


def test_the_order_of_words_matters_little() -> None:
    assert 0.8 < similarity("not good but cheap", "cheap but not good") < 0.999


def test_texts_without_words_are_zeros() -> None:
    assert not TextHasher(16).vector("!? …").any()
    assert not TextHasher(16).vector("").any()


@pytest.mark.parametrize("text", ["\ud800 broken", "東京都 配送", "e\u0301", "a" * 50_000, "x " * 50_000])
def test_any_text_has_a_vector_of_length_one(text: str) -> None:
    assert np.linalg.norm(TextHasher(32).vector(text)) == pytest.approx(1)


def test_the_end_of_a_very_long_text_is_ignored() -> None:
    start = "word " * (MAX_CHARACTERS // 5)
    np.testing.assert_array_equal(TextHasher(32).vector(start + "other"), TextHasher(32).vector(start))


def test_signs_are_balanced() -> None:
    words = np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), (400, 6))
    signs = [TextHasher(1).vector("".join(word))[0] for word in words]
    assert abs(np.mean(signs)) < 0.15
