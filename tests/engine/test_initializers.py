"""Initial weights have the variance that their papers specify."""

import math
from typing import get_args

import numpy as np
import pytest

from engine.initializers import fill, fill_bias, resolve
from engine.memory import Array
from engine.spec import InitializerName


def drawn(name: InitializerName, shape: tuple[int, ...], seed: int = 0) -> Array:
    weights = np.full(shape, np.nan, np.float32)
    fill(weights, name, np.random.default_rng(seed))
    return weights


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize(("family", "variance"), [("he", 2 / 300), ("glorot", 2 / (300 + 200)), ("lecun", 1 / 300)])
def test_the_variance_is_that_of_the_paper(family: str, variance: float, distribution: str) -> None:
    weights = drawn(f"{family}_{distribution}", (200, 300))  # type: ignore[arg-type]
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert abs(weights.mean()) < 3 * math.sqrt(variance / weights.size)
    if distribution == "uniform":
        assert np.abs(weights).max() <= math.sqrt(3 * variance) * (1 + 1e-6)


def test_kernel_sizes_count_for_inputs_and_outputs() -> None:
    assert drawn("he_normal", (64, 32, 3, 3)).var() == pytest.approx(2 / (32 * 9), rel=0.05)
    assert drawn("glorot_uniform", (64, 32, 3, 3)).var() == pytest.approx(2 / ((32 + 64) * 9), rel=0.05)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (8, 4, 3, 3), (1, 1)], ids=str)
def test_orthogonal_matrices_have_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    matrix = drawn("orthogonal", shape).reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-6)


def test_orthogonal_matrices_have_both_signs_on_the_diagonal() -> None:
    signs = {bool(drawn("orthogonal", (4, 4), seed)[0, 0] > 0) for seed in range(20)}
    assert signs == {True, False}


@pytest.mark.parametrize("name", [name for name in get_args(InitializerName) if name != "auto"])
def test_the_same_stream_gives_the_same_bits(name: InitializerName) -> None:
    assert drawn(name, (6, 4)).tobytes() == drawn(name, (6, 4)).tobytes()
    assert np.isfinite(drawn(name, (6, 4))).all()


def test_auto_follows_the_activation() -> None:
    assert resolve("auto", "relu") == "he_normal"
    assert resolve("auto", "selu") == "lecun_normal"
    assert resolve("auto", "tanh") == "glorot_uniform"
    assert resolve("orthogonal", "relu") == "orthogonal"


def test_biases_are_zero_or_standard_normal() -> None:
    bias = np.full(10_000, np.nan, np.float32)
    fill_bias(bias, "zeros", np.random.default_rng(0))
    assert not bias.any()
    fill_bias(bias, "normal", np.random.default_rng(0))
    assert (bias.mean(), bias.std()) == pytest.approx((0, 1), abs=0.03)
