"""Identify the bits that this machine computes, by the results of products, functions, sums and random streams."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator

import numpy as np

from engine.memory import Array
from engine.streams import stream

SIZES = ((1, 30, 64), (32, 64, 33), (64, 100, 256), (128, 784, 100), (257, 129, 511))  # rows, inputs, outputs


@functools.cache
def numeric_fingerprint() -> str:
    """Return the numeric fingerprint of this process. Runs give the same bits where it is equal.

    It differs between CPU kernels, numbers of BLAS threads, and versions of NumPy that round or draw differently.
    """
    digest = hashlib.sha256()
    for precision in ("float32", "float64"):
        rng = stream(0, f"fingerprint {precision}")
        for answer in (*_products(rng, precision), *_functions(rng, precision), *_draws(rng, precision)):
            digest.update(np.ascontiguousarray(answer).tobytes())
    return digest.hexdigest()[:16]


def _products(rng: np.random.Generator, precision: str) -> Iterator[Array]:
    for rows, inputs, outputs in SIZES:
        x = _uniform(rng, (rows, inputs), precision)
        W = _uniform(rng, (outputs, inputs), precision)
        y = np.dot(x, W.T)
        yield y
        yield np.dot(y.T, x)
        yield np.dot(y, W)
        yield np.dot(np.ones(rows, precision), y)
        yield np.dot(y.ravel(), y.ravel())


def _functions(rng: np.random.Generator, precision: str) -> Iterator[Array]:
    z = _uniform(rng, (10_007,), precision) * 20
    yield from (np.exp(z), np.expm1(z), np.tanh(z), np.log1p(np.abs(z)), np.log(np.abs(z)))
    yield from (np.sqrt(np.abs(z)), np.reciprocal(z), np.add.reduce(z), np.add.reduce(z, dtype=np.float64))


def _draws(rng: np.random.Generator, precision: str) -> Iterator[Array]:
    yield rng.random(101, dtype=np.dtype(precision).type)
    yield rng.standard_normal(101, dtype=np.dtype(precision).type)
    order = np.arange(1_009)
    rng.shuffle(order)
    yield order


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], precision: str) -> Array:
    return (rng.random(shape) - 0.5).astype(precision)
