"""Integrated gradients: how much each input contributes to the difference between an answer and a baseline answer.

The contribution of input i is (x_i - b_i) times the mean of dF/dx_i on the straight line from the baseline b to x
(Sundararajan, Taly and Yan, 2017, equation 1). All contributions add up to F(x) - F(b).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.diagnostics.input_gradient import InputGradient
from engine.memory import Array
from engine.network import BLOCK_ROWS

Floats = npt.NDArray[np.float64]
Answer = Callable[[Floats, Array], tuple[Floats, Floats]]

MIN_BEND = 1e-6  # relative: neighbors with slopes that differ by less count the same
POINTS = (16, 64, BLOCK_ROWS)  # on each line; a row takes more until its contributions add up


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of several networks whose weighted mean answers: its points z (rows, width), and the baseline (width,)."""

    gradient: InputGradient
    weight: float
    z: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrated:
    """Contributions of the inputs of each member, (rows, inputs), and the answers (rows,) that they explain.

    `error`: what the contributions of each row lack to `answers - baseline`, (rows,).
    """

    contributions: list[Floats]
    answers: Floats
    baseline: Floats
    error: Floats


def integrate_gradients(members: Sequence[Member], answer: Answer, *, tolerance: float) -> Integrated:
    """Return the contributions of all inputs of all members to the answers.

    Args:
        members: the networks, each with its points for the same rows.
        answer: returns the answers (n,) to outputs (n, *output_shape), the weighted mean over the members, and the
            gradient of the answers with respect to them. Its second argument has the numbers of the rows, (n,).
        tolerance: the largest error that is accepted before more points are taken.
    """
    rows = np.arange(len(members[0].z))
    answers = _answers(members, answer, rows, at_baseline=False)
    baseline = _answers(members, answer, rows, at_baseline=True)
    found = [np.zeros_like(member.z) for member in members]
    error, pending = answers - baseline, rows
    for points in POINTS:
        block = BLOCK_ROWS // points
        for start in range(0, len(pending), block):
            part = pending[start : start + block]
            for total, mean, member in zip(found, _mean_gradients(members, answer, part, points), members, strict=True):
                total[part] = mean * (member.z[part] - member.baseline)
        error = answers - baseline - sum(total.sum(axis=1) for total in found)
        pending = np.flatnonzero(~(np.abs(error) <= tolerance))
        if not pending.size:
            break
    inputs = [member.gradient.by_input(total) for member, total in zip(members, found, strict=True)]
    return Integrated(contributions=inputs, answers=answers, baseline=baseline, error=error)


def _answers(members: Sequence[Member], answer: Answer, rows: Array, *, at_baseline: bool) -> Floats:
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK_ROWS):
        part = rows[start : start + BLOCK_ROWS]
        points = [
            np.broadcast_to(member.baseline, (len(part), member.z.shape[1])) if at_baseline else member.z[part]
            for member in members
        ]
        found[start : start + BLOCK_ROWS] = answer(_mean_outputs(members, points), part)[0]
    return found


def _mean_outputs(members: Sequence[Member], points: Sequence[Floats]) -> Floats:
    each = (member.weight * member.gradient.outputs(z) for member, z in zip(members, points, strict=True))
    total: Floats = sum(each, start=np.zeros(1))
    return total


def _mean_gradients(members: Sequence[Member], answer: Answer, rows: Array, points: int) -> list[Floats]:
    """Return the mean gradient on the line of each row, (rows, width) for each member, from evenly spaced points."""
    position = np.linspace(0, 1, points)[:, None]
    steps = [member.z[rows] - member.baseline for member in members]
    lines = [
        (member.baseline + position * step[:, None, :]).reshape(len(rows) * points, -1)
        for member, step in zip(members, steps, strict=True)
    ]
    answers, gradient = answer(_mean_outputs(members, lines), np.repeat(rows, points))
    gradients = [
        member.gradient.backward(member.weight * gradient).reshape(len(rows), points, -1) for member in members
    ]
    slopes = sum(np.einsum("rpw,rw->rp", each, step) for each, step in zip(gradients, steps, strict=True))
    shares = _point_shares(slopes, answers.reshape(len(rows), points))
    return [np.einsum("rpw,rp->rw", each, shares) for each in gradients]


def _point_shares(slopes: Floats, answers: Floats) -> Floats:
    """Return how much the gradient at each point counts, (rows, points); the shares of a row add up to 1.

    Between two neighbors the gradient is a mixture of theirs, with the weights that make its slope that of the answers.
    So the contributions add up, and a function that is linear but for one kink between two points has no error.

    Args:
        slopes: the derivatives of the answers along the lines, (rows, points).
        answers: (rows, points).
    """
    intervals = answers.shape[1] - 1
    left, right, mean = slopes[:, :-1], slopes[:, 1:], np.diff(answers, axis=1) * intervals
    bend = left - right
    mixed = np.abs(bend) > MIN_BEND * (np.abs(left) + np.abs(right))
    of_left = np.where(mixed, np.clip((mean - right) / np.where(mixed, bend, 1), 0, 1), 0.5)
    shares = np.zeros_like(answers)
    shares[:, :-1] += of_left / intervals
    shares[:, 1:] += (1 - of_left) / intervals
    return shares
