"""Fit a power law to errors at several numbers of rows, and say what it predicts for others.

The model: error(n) = a + b n^-c, with the error `a` that stays however many rows there are, and normal noise of
standard deviation s n^-h, as runs differ less with more rows. For given c and h, it is a linear regression: with
Jeffreys' prior, the posterior of (a, b, s) is known (Gelman et al., Bayesian Data Analysis, 3rd ed., 14.2). c and h are
summed over a grid, and draws with a negative a or b are rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXPONENTS = np.linspace(0.1, 1.5, 29)  # c; published curves have 0.07 to 1 (Hestness et al., 2017)
NOISE_EXPONENTS = np.linspace(0.0, 1.0, 5)  # h
DRAWS = 20_000
MIN_DRAWS = 200  # that keep a and b above 0; with fewer, the errors do not fall
MIN_SIZES = 3  # different numbers of rows
MISFIT = 1.5  # times as wide as the posterior: real curves are power laws only roughly (`./dev bench learning_curves`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A median, and the ends of the interval that has 90 % of the probability."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: Floats) -> "Estimate":
        """Return the estimate from draws (n,)."""
        low, value, high = np.quantile(draws, (0.05, 0.5, 0.95))
        return cls(value=float(value), low=float(low), high=float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """Draws from the posterior, each (draws,): error(n) = a + b (n / unit)^-c, noise s (n / unit)^-h."""

    unit: float
    a: Floats
    b: Floats
    c: Floats
    s: Floats
    h: Floats

    def errors(self, rows: float) -> Floats:
        """Return draws of the mean error with so many rows."""
        return np.asarray(self.a + self.b * (rows / self.unit) ** -self.c)

    def mean_error(self, rows: float) -> Estimate:
        """Return the mean error of runs with so many rows."""
        return Estimate.of(self.errors(rows))

    def next_error(self, rows: float) -> Estimate:
        """Return the error of a single run with so many rows, which also varies by chance."""
        noise = np.random.Generator(np.random.PCG64(1)).standard_normal(len(self.a))
        draws = self.errors(rows) + self.s * (rows / self.unit) ** -self.h * noise
        middle = np.median(draws)
        return Estimate.of(np.maximum(middle + MISFIT * (draws - middle), 0.0))

    def reduction(self, rows: float, more_rows: float) -> Estimate:
        """Return by how much the mean error falls from `rows` to `more_rows`."""
        return Estimate.of(self.errors(rows) - self.errors(more_rows))


def fit_power_law(rows: Sequence[float], errors: Sequence[float], resolution: float) -> PowerLaw | None:
    """Return the posterior after errors (n,) at numbers of rows (n,); None if there are too few sizes.

    `resolution`: the smallest difference between two errors that means something; the noise is at least that.
    """
    if len(set(rows)) < MIN_SIZES or len(rows) < MIN_SIZES + 1:
        return None
    n, y = np.asarray(rows, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    unit = float(n.max())
    grid = [(c, h, _Regression.of(n / unit, y, (c, h), resolution)) for c in EXPONENTS for h in NOISE_EXPONENTS]
    evidence = np.array([regression.log_evidence for _, _, regression in grid])
    shares = np.exp(evidence - evidence.max())
    rng = np.random.Generator(np.random.PCG64(0))
    counts = rng.multinomial(DRAWS, shares / shares.sum())
    drawn = [
        np.column_stack([regression.draw(rng, count), np.full(count, c), np.full(count, h)])
        for (c, h, regression), count in zip(grid, counts, strict=True)
        if count
    ]
    a, b, s, c, h = np.concatenate(drawn).T
    falls = (a >= 0) & (b >= 0)
    if falls.sum() < MIN_DRAWS:
        return _constant(y, unit, rng, resolution)
    return PowerLaw(unit=unit, a=a[falls], b=b[falls], c=c[falls], s=s[falls], h=h[falls])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Regression:
    """The posterior of (a, b, s) for given exponents: `mean` (2,), `factor` (2, 2) of the covariance / s²."""

    mean: Floats
    factor: Floats
    squares: float
    freedom: int
    log_evidence: float

    @classmethod
    def of(cls, n: Floats, y: Floats, exponents: tuple[float, float], resolution: float) -> "_Regression":
        c, h = exponents
        scale = n**h  # one over the relative noise
        design = np.column_stack([scale, scale * n**-c])
        mean, *_ = np.linalg.lstsq(design, y * scale, rcond=None)
        precision = design.T @ design
        squares = float(np.sum((y * scale - design @ mean) ** 2)) + len(y) * resolution**2 / 12
        freedom = len(y) - 2
        half_log_determinant = np.linalg.slogdet(precision)[1] / 2
        return cls(
            mean=np.asarray(mean, dtype=np.float64),
            factor=np.linalg.cholesky(np.linalg.inv(precision)),
            squares=squares,
            freedom=freedom,
            log_evidence=float(np.log(scale).sum() - half_log_determinant - freedom / 2 * np.log(squares)),
        )

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return draws (count, 3) of a, b and s."""
        s = np.sqrt(self.squares / rng.chisquare(self.freedom, count))
        coefficients = self.mean + s[:, None] * (rng.standard_normal((count, 2)) @ self.factor.T)
        return np.column_stack([coefficients, s])


def _constant(y: Floats, unit: float, rng: np.random.Generator, resolution: float) -> PowerLaw:
    """Return the posterior of errors that do not fall with the rows."""
    zeros, count = np.zeros(DRAWS), len(y)
    squares = float(np.sum((y - y.mean()) ** 2)) + count * resolution**2 / 12
    s = np.sqrt(squares / rng.chisquare(count - 1, DRAWS))
    a = y.mean() + s / np.sqrt(count) * rng.standard_normal(DRAWS)
    return PowerLaw(unit=unit, a=a, b=zeros, c=zeros + 1, s=s, h=zeros)
