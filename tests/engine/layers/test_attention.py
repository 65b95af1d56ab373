"""Self-attention matches its definition."""

import numpy as np
import pytest

from engine.layers.build import hidden_layers
from engine.layers.layer_id import ShapeError
from engine.spec import (
    AttentionSpec,
)
from tests.support.layer_harness import LayerHarness


def test_attention_matches_the_paper() -> None:
    harness = LayerHarness([AttentionSpec(heads=2)], (5, 4))
    x = harness.numbers(3, 5, 4)
    W, V, b, c = harness.parameters.values.values()
    q, k, v = np.split(x @ W.T + b, 3, axis=2)
    heads = []
    for part in (slice(0, 2), slice(2, 4)):
        scores = np.exp(q[..., part] @ k[..., part].swapaxes(1, 2) / np.sqrt(2))
        heads.append(scores / scores.sum(axis=2, keepdims=True) @ v[..., part])
    np.testing.assert_allclose(harness.run(x), np.concatenate(heads, axis=2) @ V.T + c, rtol=1e-12)


def test_causal_attention_ignores_later_time_steps() -> None:
    harness = LayerHarness([AttentionSpec(heads=2, causal=True)], (6, 4))
    x = harness.numbers(3, 6, 4)
    before = harness.run(x)
    x[:, 4:] = 7
    np.testing.assert_allclose(harness.run(x)[:, :4], before[:, :4], rtol=1e-12)
    assert not np.isclose(harness.run(x)[:, 4:], before[:, 4:]).any()


def test_attention_without_positions_ignores_the_order() -> None:
    harness = LayerHarness([AttentionSpec(heads=2)], (6, 4))
    x, order = harness.numbers(3, 6, 4), np.random.default_rng(1).permutation(6)
    np.testing.assert_allclose(harness.run(x[:, order].copy()), harness.run(x)[:, order], rtol=1e-10)


def test_features_must_be_divisible_by_heads() -> None:
    with pytest.raises(ShapeError, match="5 features cannot be divided among 2 heads"):
        hidden_layers([AttentionSpec(heads=2)], (3, 5))
