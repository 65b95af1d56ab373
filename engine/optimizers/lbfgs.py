"""L-BFGS: a quasi-Newton method for small full-batch problems, with and without a line search."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Arena, Array
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import Optimizer, UpdateRule
from engine.parameters import Parameters, squared_norm
from engine.spec import LbfgsSpec

SUFFICIENT_DECREASE = 1e-4  # fraction of the decrease predicted by the slope that a step must reach (Armijo)
CURVATURE_FACTOR = 0.9  # a step must reduce the slope below this fraction of the first slope (Wolfe)
MAX_TRIALS = 25  # points tried along one direction; halving that often leaves 3e-8 of the length
MIN_CURVATURE = (
    1e-10  # smallest cosine of step and change of gradient that is worth storing: no unit of the loss matters
)


class LbfgsDirection(UpdateRule):
    """The search direction of L-BFGS: the gradient times an inverse Hessian estimated from the last few steps.

    Liu and Nocedal, 1989; Nocedal and Wright, 2006, algorithm 7.4.
    """

    full_batch = True
    position: Array  # the last accepted parameters
    gradient: Array  # the gradient there
    direction: Array

    def __init__(self, spec: LbfgsSpec, parameters: Parameters, arena: Arena) -> None:
        self.history = spec.history
        pairs = [f"{kind}{slot}" for slot in range(spec.history) for kind in ("step", "change")]
        self.state_names = ("position", "gradient", "direction", *pairs)
        super().__init__(parameters, arena)
        self.position, self.gradient, self.direction = (self.state[name] for name in self.state_names[:3])
        names = ("started", "pairs", "loss", "slope", "length", "low", "high", "tries")
        self.scalars = dict.fromkeys(names, 0.0)

    def _accept_point(self) -> None:
        """Make the current point the accepted one, and store how the gradient changed over the step."""
        x, g = self.parameters.learned, self.parameters.gradients
        if self.scalars["started"]:
            step = np.subtract(x, self.position, out=self.position)
            change = np.subtract(g, self.gradient, out=self.gradient)
            self._store_pair(step, change)
        np.copyto(self.position, x)
        np.copyto(self.gradient, g)

    def _start_direction(self, learning_rate: float) -> None:
        """Choose a new direction and move along it by a first length."""
        s = self.scalars
        s["slope"] = self._compute_direction()
        if not s["slope"] < 0:
            s["pairs"] = 0.0
            s["slope"] = self._compute_direction()
        first = min(1.0, 1 / max(float(np.abs(self.gradient).sum()), 1e-30)) if not s["pairs"] else 1.0
        s["length"], s["low"], s["high"], s["tries"], s["started"] = learning_rate * first, 0.0, 0.0, 0.0, 1.0
        self._move()

    def _move(self) -> None:
        """Set the parameters to the accepted point plus `length` times the direction."""
        ahead = np.multiply(self.direction, self._scalar(self.scalars["length"]), out=self.parameters.gradients)
        np.add(self.position, ahead, out=self.parameters.learned)

    def _compute_direction(self) -> float:
        """Write the direction -H g, with the two-loop recursion over the stored pairs; return its slope."""
        d, work = self.direction, self.parameters.gradients
        np.negative(self.gradient, out=d)
        pairs, weights = self._pairs(), []
        for step, change in reversed(pairs):
            weights.append(float(step.dot(d)) / float(step.dot(change)))
            np.subtract(d, np.multiply(change, self._scalar(weights[-1]), out=work), out=d)
        if pairs:
            step, change = pairs[-1]
            np.multiply(d, self._scalar(float(step.dot(change)) / float(change.dot(change))), out=d)
        for step, change in pairs:
            weight = weights.pop() - float(change.dot(d)) / float(step.dot(change))
            np.add(d, np.multiply(step, self._scalar(weight), out=work), out=d)
        return float(self.gradient.dot(d))

    def _store_pair(self, step: Array, change: Array) -> None:
        if step.dot(change) > MIN_CURVATURE * math.sqrt(squared_norm(step)) * math.sqrt(squared_norm(change)):
            slot = int(self.scalars["pairs"]) % self.history
            self.state[f"step{slot}"][:] = step
            self.state[f"change{slot}"][:] = change
            self.scalars["pairs"] += 1

    def _pairs(self) -> list[tuple[Array, Array]]:
        """Return the stored pairs of step and change of gradient, oldest first."""
        newest = int(self.scalars["pairs"])
        slots = [index % self.history for index in range(max(0, newest - self.history), newest)]
        return [(self.state[f"step{slot}"], self.state[f"change{slot}"]) for slot in slots]


class Lbfgs(LbfgsDirection, Optimizer):
    """L-BFGS with a fixed step length."""

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - the history counts for itself
        """Accept every point, and move along a new direction."""
        self._accept_point()
        self._start_direction(learning_rate)


class LineSearchLbfgs(LbfgsDirection, LineSearch):
    """L-BFGS with a line search by bisection (Lewis and Overton, 2013, algorithm 2.6).

    A point is accepted if it meets the weak Wolfe conditions. Otherwise another one along the same direction is tried.
    """

    def search(self, learning_rate: float, loss: float) -> None:
        """Accept the point and choose a new direction, or try another length."""
        if self.accepted is not None and not self._is_acceptable(loss):
            self._retry(learning_rate)
            return
        self._accept_point()
        self.scalars["loss"] = loss
        self._start_direction(learning_rate)

    @property
    def accepted(self) -> Array | None:
        """The parameters that the search started from; None before the first update."""
        return self.position if self.scalars["started"] else None

    @property
    def accepted_loss(self) -> float:
        """The loss at the accepted point."""
        return self.scalars["loss"]

    @property
    def is_retrying(self) -> bool:
        """Whether the last update rejected a point and chose another one along the same direction."""
        return bool(self.scalars["tries"])

    def _is_acceptable(self, loss: float) -> bool:
        """Check the weak Wolfe conditions; narrow the bracket of lengths if they are not met."""
        s = self.scalars
        if not loss <= s["loss"] + SUFFICIENT_DECREASE * s["length"] * s["slope"]:  # also true of NaN
            s["high"] = s["length"]
            return False
        slope = float(self.parameters.gradients.dot(self.direction))
        if not math.isfinite(slope):
            s["high"] = s["length"]
            return False
        if slope < CURVATURE_FACTOR * s["slope"]:
            s["low"] = s["length"]
            return s["tries"] >= MAX_TRIALS
        return True

    def _retry(self, learning_rate: float) -> None:
        """Halve the bracket, or double the length while it has no upper bound; restart without history in the end."""
        s = self.scalars
        if s["tries"] >= MAX_TRIALS:
            s["pairs"] = 0.0
            self._start_direction(learning_rate)
            return
        s["tries"] += 1
        s["length"] = (s["low"] + s["high"]) / 2 if s["high"] else 2 * s["length"]
        self._move()


def lbfgs(spec: LbfgsSpec, parameters: Parameters, arena: Arena) -> Lbfgs | LineSearchLbfgs:
    """Return L-BFGS with or without its line search."""
    return (LineSearchLbfgs if spec.line_search else Lbfgs)(spec, parameters, arena)
