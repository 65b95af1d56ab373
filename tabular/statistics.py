"""Statistics that profiles and preprocessing share, safe for numbers of any size."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

HUGE = 1e140  # squares of larger numbers overflow float64
MAX_INFLATION = 20  # of a standard deviation by outliers, beyond which float32 rounds the other values
ROUNDING = 1e-12  # relative spread that rounding leaves among equal numbers


def mean_and_stddev(values: Array) -> tuple[float, float]:
    """Return the mean and the standard deviation (dividing by n) of (n,) numbers; (0, 0) for none.

    No size of number overflows. Equal numbers have a standard deviation of exactly 0.
    """
    if not values.size:
        return 0.0, 0.0
    largest = max(abs(float(values.min())), abs(float(values.max())))
    unit = largest if largest > HUGE else 1.0
    scaled = values.astype(np.float64)
    scaled /= unit
    mean = float(scaled.mean())
    scaled -= mean
    stddev = math.sqrt(float(np.dot(scaled, scaled)) / values.size)
    equal = stddev * unit <= ROUNDING * largest
    return mean * unit, 0.0 if equal else stddev * unit


def center_and_spread(values: Array) -> tuple[float, float]:
    """Return the mean and standard deviation of (n,) numbers; with extreme outliers, the median and that of the middle.

    The standard deviation of a normal distribution is 0.74 interquartile ranges. Outliers are extreme if they make it
    MAX_INFLATION times as large.
    """
    mean, stddev = mean_and_stddev(values)
    if not values.size:
        return mean, stddev
    lower, middle, upper = (2 * float(value) for value in np.quantile(values / 2, [0.25, 0.5, 0.75]))
    robust = 0.7413 * (upper - lower)
    return (middle, robust) if 0 < robust < math.inf and stddev > MAX_INFLATION * robust else (mean, stddev)


def median_of(values: Array) -> float:
    """Return the median of (n,) numbers, 0 of none; it halves them first because two large numbers may overflow."""
    return 2 * float(np.median(values / 2)) if values.size else 0.0
