"""A power law through errors: known curves are found, noise widens the interval, and flat errors stay flat."""

import numpy as np

from tabular.evaluation.power_law import fit_power_law

ROWS = np.repeat([100.0, 200.0, 400.0, 800.0], 3)


def test_known_curve_is_found() -> None:
    errors = 0.1 + 2.0 * ROWS**-0.5
    law = fit_power_law(list(ROWS), list(errors), resolution=1e-6)
    assert law is not None
    predicted = law.next_error(8_000)
    truth = 0.1 + 2.0 * 8_000**-0.5
    assert abs(predicted.value - truth) < 0.003
    assert predicted.low <= truth <= predicted.high


def test_intervals_keep_their_word() -> None:
    rng, inside = np.random.default_rng(5), 0
    for _ in range(60):
        a, b, c, s = rng.uniform(0.05, 0.3), rng.uniform(0.5, 3), rng.uniform(0.2, 0.9), rng.uniform(0.002, 0.02)
        errors = a + b * ROWS**-c + s * rng.normal(size=len(ROWS))
        law = fit_power_law(list(ROWS), list(errors), resolution=1e-4)
        assert law is not None
        interval = law.next_error(1_600)
        inside += interval.low <= a + b * 1_600**-c + s * rng.normal() <= interval.high
    assert inside >= 50  # of 60; 54 are expected


def test_flat_errors_promise_nothing() -> None:
    rng = np.random.default_rng(2)
    law = fit_power_law(list(ROWS), list(0.2 + 0.005 * rng.normal(size=len(ROWS))), resolution=1e-4)
    assert law is not None
    assert law.reduction(800, 1_600).value < 0.003
    rising = fit_power_law(list(ROWS), list(0.1 + ROWS / 1_000), resolution=1e-4)
    assert rising is not None
    assert rising.reduction(800, 1_600).high == 0


def test_two_sizes_are_too_few() -> None:
    assert fit_power_law([100, 200, 100, 200], [0.4, 0.3, 0.4, 0.3], resolution=1e-4) is None
