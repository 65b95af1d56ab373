"""The partial likelihood agrees with its definition, and the concordance with counting pairs."""

import numpy as np
import pytest

from engine.losses.cox import partial_likelihood
from engine.memory import Array
from engine.metrics.survival import concordance
from engine.spec import CoxSpec
from tests.support.losses import answers, assert_gradient


def rows(seed: int, count: int = 12) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    targets = answers(CoxSpec(), (1,), count, rng)
    return rng.standard_normal(count), targets, rng.integers(1, 4, count).astype(float)


def by_definition(z: Array, targets: Array, weights: Array, *, efron: bool) -> float:
    """Return the sum over the times of events, as it is in textbooks."""
    risk, total = weights * np.exp(z), 0.0
    for time in np.unique(targets[targets[:, 1] > 0, 0]):
        events = (targets[:, 0] == time) & (targets[:, 1] > 0)
        at_risk, tied, count = risk[targets[:, 0] >= time].sum(), risk[events].sum(), events.sum()
        total -= (weights * z)[events].sum()
        for number in range(count):
            share = number / count if efron else 0
            total += weights[events].mean() * np.log(at_risk - share * tied)
    return float(total)


@pytest.mark.parametrize("efron", [True, False])
def test_the_partial_likelihood_is_the_sum_over_events(*, efron: bool) -> None:
    for seed in range(5):
        z, targets, weights = rows(seed)
        assert partial_likelihood(z, targets, weights, efron=efron)[0] == pytest.approx(
            by_definition(z, targets, weights, efron=efron)
        )


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_loss_of_times_has_the_gradient_of_its_value(ties: str) -> None:
    for seed in range(3):
        assert_gradient(CoxSpec.model_validate({"ties": ties}), (1,), 9, seed)


def test_the_concordance_is_the_share_of_pairs_in_the_right_order() -> None:
    for seed in range(5):
        z, targets, weights = rows(seed, 30)
        z = z.round(1)
        right = pairs = 0.0
        for i, (time, event) in enumerate(targets):
            for j, (other, other_event) in enumerate(targets):
                if event and (other > time or (other == time and not other_event)):
                    weight = weights[i] * weights[j]
                    pairs += weight
                    right += weight * ((z[i] > z[j]) + (z[i] == z[j]) / 2)
        assert concordance(z, targets, weights) == pytest.approx(right / pairs)


@pytest.mark.parametrize("efron", [True, False])
def test_rows_of_weight_zero_count_as_if_they_were_absent(*, efron: bool) -> None:
    for seed in range(5):
        z, targets, weights = rows(seed)
        weights[::3] = 0
        kept = weights > 0
        loss, gradient = partial_likelihood(z, targets, weights, efron=efron)
        expected, slopes = partial_likelihood(z[kept], targets[kept], weights[kept], efron=efron)
        assert loss == pytest.approx(expected)
        np.testing.assert_allclose(gradient[kept], slopes, atol=1e-12)
        assert not gradient[~kept].any()


def test_an_event_of_weight_zero_after_all_others_has_no_effect() -> None:
    z, targets = np.array([0.1, 0.2, 0.3]), np.array([[1, 1], [2, 0], [3, 1.0]])
    loss, gradient = partial_likelihood(z, targets, np.array([1, 1, 0.0]), efron=True)
    expected, slopes = partial_likelihood(z[:2], targets[:2], np.ones(2), efron=True)
    assert loss == pytest.approx(expected)
    np.testing.assert_allclose(gradient, [*slopes, 0])


def test_a_batch_without_events_teaches_nothing() -> None:
    loss, gradient = partial_likelihood(np.ones(3), np.array([[1, 0], [2, 0], [3, 0.0]]), np.ones(3), efron=True)
    assert (loss, gradient.tolist()) == (0, [0, 0, 0])
