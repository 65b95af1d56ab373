"""The interface of line searches: optimizers that try several points before they accept one."""

from __future__ import annotations

from abc import ABC, abstractmethod

from engine.memory import Array
from engine.optimizers.optimizer import UpdateRule


class LineSearch(UpdateRule, ABC):
    """Evaluates the loss at trial points along a direction, and accepts one of them.

    One update judges one point, so a run can stop and resume within a search. The loss at a trial point may be huge or
    not finite; the search then continues from the accepted point.
    """

    @property
    @abstractmethod
    def accepted(self) -> Array | None:
        """The parameters that the search started from; None before the first update."""

    @property
    @abstractmethod
    def accepted_loss(self) -> float:
        """The loss at the accepted point."""

    @property
    @abstractmethod
    def is_retrying(self) -> bool:
        """Whether the last update rejected a point and chose another one along the same direction."""

    @abstractmethod
    def search(self, learning_rate: float, loss: float) -> None:
        """Accept or reject the current point from its loss and gradient, and move to the next point to evaluate."""

    def restore_accepted(self) -> None:
        """Undo a step whose result has not been evaluated. Call this after the last update."""
        if self.accepted is not None:
            self.parameters.learned[:] = self.accepted
