"""L-BFGS: Newton's method for small full-batch problems, with curvature learned from the last few steps."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Arena, Array
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import LbfgsSpec

DECREASE = 1e-4  # of the decrease that the slope promises, which a step must reach (Armijo)
FLATTENING = 0.9  # of the slope, below which a step must bring it (Wolfe)
MAX_TRIES = 25  # steps tried along one direction; halving that often leaves 3e-8 of the length
CURVATURE = 1e-10  # smallest product of a step and its change of gradient worth remembering, as in PyTorch


class Lbfgs(Optimizer):
    """L-BFGS (Liu and Nocedal, 1989; Nocedal and Wright, 2006, algorithm 7.4), one evaluation of the loss per call.

    With the line search, each call judges the point reached: it is accepted when it meets the weak Wolfe conditions,
    else another one along the same direction is tried, by bisection (Lewis and Overton, 2013, algorithm 2.6). So a
    run can be stopped and resumed within a line search, too.
    """

    takes_all_rows = True
    position: Array
    gradient: Array
    direction: Array

    def __init__(self, spec: LbfgsSpec, parameters: Parameters, arena: Arena) -> None:
        self.history = spec.history
        pairs = [f"{kind}{slot}" for slot in range(spec.history) for kind in ("step", "change")]
        self.vectors = ("position", "gradient", "direction", *pairs)
        super().__init__(parameters, arena)
        self.searches = spec.line_search
        self.position, self.gradient, self.direction = (self.state[name] for name in self.vectors[:3])
        self.numbers = dict.fromkeys(("started", "pairs", "loss", "slope", "length", "low", "high", "tries"), 0.0)

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - has its own count
        """Judge the point reached, and go to the next one to look at."""
        if self.accepted is not None and not self._is_accepted(loss):
            self._try_another(learning_rate)
            return
        self._accept(loss)
        self._turn(learning_rate)

    @property
    def accepted(self) -> Array | None:
        """The point from which the search goes out."""
        return self.position if self.searches and self.numbers["started"] else None

    @property
    def is_settled(self) -> bool:
        """Whether a new direction was taken, and not another point along the one before."""
        return not self.numbers["tries"]

    def _is_accepted(self, loss: float) -> bool:
        """Judge by the weak Wolfe conditions, and narrow the bracket of lengths if they are not met."""
        n = self.numbers
        if not loss <= n["loss"] + DECREASE * n["length"] * n["slope"]:  # also true of NaN
            n["high"] = n["length"]
            return False
        slope = float(self.parameters.gradients.dot(self.direction))
        if not math.isfinite(slope):
            n["high"] = n["length"]
            return False
        if slope < FLATTENING * n["slope"]:
            n["low"] = n["length"]
            return n["tries"] >= MAX_TRIES
        return True

    def _try_another(self, learning_rate: float) -> None:
        """Halve the bracket, or double the length while nothing bounds it; in the end, forget and start over."""
        n = self.numbers
        if n["tries"] >= MAX_TRIES:
            n["pairs"] = 0.0
            self._turn(learning_rate)
            return
        n["tries"] += 1
        n["length"] = (n["low"] + n["high"]) / 2 if n["high"] else 2 * n["length"]
        self._go()

    def _accept(self, loss: float) -> None:
        """Remember how the gradient changed over the step, if that tells anything, and stand on the new point."""
        n, x, g = self.numbers, self.parameters.learned, self.parameters.gradients
        if n["started"]:
            self._remember(
                np.subtract(x, self.position, out=self.position), np.subtract(g, self.gradient, out=self.gradient)
            )
        np.copyto(self.position, x)
        np.copyto(self.gradient, g)
        n["loss"] = loss

    def _remember(self, step: Array, change: Array) -> None:
        if step.dot(change) > CURVATURE:
            slot = int(self.numbers["pairs"]) % self.history
            self.state[f"step{slot}"][:] = step
            self.state[f"change{slot}"][:] = change
            self.numbers["pairs"] += 1

    def _turn(self, learning_rate: float) -> None:
        """Choose a new direction and go along it by a first length."""
        n = self.numbers
        n["slope"] = self._aim()
        if not n["slope"] < 0:
            n["pairs"] = 0.0
            n["slope"] = self._aim()
        first = min(1.0, 1 / max(float(np.abs(self.gradient).sum()), 1e-30)) if not n["pairs"] else 1.0
        n["length"], n["low"], n["high"], n["tries"], n["started"] = learning_rate * first, 0.0, 0.0, 0.0, 1.0
        self._go()

    def _go(self) -> None:
        """Stand `length` along the direction from the last accepted position."""
        ahead = np.multiply(self.direction, self._scalar(self.numbers["length"]), out=self.parameters.gradients)
        np.add(self.position, ahead, out=self.parameters.learned)

    def _aim(self) -> float:
        """Write the direction -H g, by the two loops over the pairs remembered; return its slope."""
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

    def _pairs(self) -> list[tuple[Array, Array]]:
        """Return the pairs remembered, the oldest first."""
        newest = int(self.numbers["pairs"])
        slots = [index % self.history for index in range(max(0, newest - self.history), newest)]
        return [(self.state[f"step{slot}"], self.state[f"change{slot}"]) for slot in slots]
