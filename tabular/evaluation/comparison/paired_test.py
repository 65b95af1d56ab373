"""Whether one model is better than another, by their losses on the same rows."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Verdict = Literal["better", "worse", "same", "not_enough_rows"]

MIN_ROWS = 20
SIGNIFICANCE = 0.01  # of a difference between the models; the interval has the level 1 - SIGNIFICANCE
MIN_RELATIVE = 0.005  # of the loss: a smaller difference does not matter, however certain it is
MAX_UNCERTAINTY = 0.1  # of the loss: half the width of the widest interval with which models count as the same
MAX_FLIPPED_ROWS = 5_000  # the mean of more rows has a normal distribution
FLIPS = 4_999
FLIPS_AT_ONCE = 250
NORMAL_QUANTILE = 2.5758293035489004  # of 1 - SIGNIFICANCE / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """How the loss of the second of two models differs from that of the first.

    difference: the mean of first - second, so above 0 if the second is better, with the bounds of a 99 % interval.
    relative: the difference as a share of the first model's mean loss; None if that is 0.
    p_value: how probable a difference at least as large is between equal models.
    verdict: about the second model.
    """

    difference: float
    low: float
    high: float
    relative: float | None
    p_value: float
    verdict: Verdict


def compare_losses(first: Floats, second: Floats) -> PairedTest:
    """Test whether two models have the same mean loss, from their losses of the same rows, (n,) each.

    Up to 5,000 rows the p-value is that of a sign-flip permutation test (Fisher, 1935): for equal models, each row's
    difference has either sign with the same probability. Beyond, the mean has a normal distribution. "Better" and
    "worse" need p < 0.01 and a difference above 0.5 % of the first model's loss. "same" needs an interval that is at
    most 20 % of that loss wide.

    Raises:
        ValueError: there are no rows, or not the same number.
    """
    if not len(first) or first.shape != second.shape:
        raise ValueError("two models are compared by their losses on the same rows, at least one")
    differences, loss = first - second, float(first.mean())
    mean, error = float(differences.mean()), _standard_error(differences)
    half = _quantile(len(first) - 1) * error
    p_value = _p_value(differences, mean, error)
    return PairedTest(
        difference=mean,
        low=mean - half,
        high=mean + half,
        relative=mean / loss if loss > 0 else None,
        p_value=p_value,
        verdict=_verdict(len(first), mean, half, loss, p_value),
    )


def _verdict(rows: int, mean: float, half: float, loss: float, p_value: float) -> Verdict:
    if rows < MIN_ROWS:
        return "not_enough_rows"
    if p_value < SIGNIFICANCE and abs(mean) > MIN_RELATIVE * loss:
        return "better" if mean > 0 else "worse"
    return "same" if half <= MAX_UNCERTAINTY * loss else "not_enough_rows"


def _standard_error(differences: Floats) -> float:
    """Return the standard error of the mean; infinite for one row."""
    rows = len(differences)
    return float(differences.std(ddof=1)) / math.sqrt(rows) if rows > 1 else math.inf


def _p_value(differences: Floats, mean: float, error: float) -> float:
    if not differences.any():
        return 1.0
    if len(differences) <= MAX_FLIPPED_ROWS:
        return _sign_flip_p_value(differences, mean)
    return math.erfc(abs(mean) / error / math.sqrt(2)) if error > 0 else 0.0


def _sign_flip_p_value(differences: Floats, mean: float) -> float:
    """Return the share of random signs with which the mean is at least as far from 0."""
    random = np.random.Generator(np.random.PCG64(0))
    at_least, flips = 1, 1  # the observed signs are one of the possibilities
    limit = abs(mean) * (1 - 1e-12)
    while flips <= FLIPS:
        count = min(FLIPS_AT_ONCE, FLIPS + 1 - flips)
        signs = random.integers(0, 2, (count, len(differences)), dtype=np.int8).astype(np.float64) * 2 - 1
        at_least += int(np.count_nonzero(np.abs(signs @ differences) / len(differences) >= limit))
        flips += count
    return at_least / flips


def _quantile(degrees: int) -> float:
    """Return the quantile of Student's t distribution, by its expansion around the normal one (Hill, 1970)."""
    z = NORMAL_QUANTILE
    if degrees < 1:
        return math.inf
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
