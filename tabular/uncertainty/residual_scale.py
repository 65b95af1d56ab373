"""How large residuals are, depending on the predicted value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ROWS_PER_KNOT, MAX_KNOTS = 50, 12
MIN_SCALE = 0.1  # of the mean of all residuals: no interval becomes useless because a few rows were exact


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualScale:
    """The mean absolute residual at some predicted values, linear between them. Without knots it is 1 everywhere."""

    knots: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()

    @classmethod
    def fit(cls, predicted: Floats, residuals: Floats) -> "ResidualScale":
        """Return the scale from the residuals (n,) of predictions (n,): one knot for each of equally large groups."""
        count = min(len(predicted) // ROWS_PER_KNOT, MAX_KNOTS)
        if count < 2:
            return cls()
        order, absolute = np.argsort(predicted, kind="stable"), np.abs(residuals)
        groups = np.array_split(order, count)
        knots = np.array([predicted[group].mean() for group in groups])
        scales = np.maximum([absolute[group].mean() for group in groups], MIN_SCALE * absolute.mean())
        if not (absolute.mean() > 0 and (np.diff(knots) > 0).all()):
            return cls()
        return cls(knots=tuple(knots.tolist()), scales=tuple(scales.tolist()))

    def at(self, predicted: Floats) -> Floats:
        """Return the scale of each predicted value, (n,)."""
        return np.interp(predicted, self.knots, self.scales) if self.knots else np.ones(len(predicted))
