"""Explain single answers: how much each column contributes to the difference from the answer to average inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.diagnostics.input_gradient import InputGradient
from engine.diagnostics.integrated_gradients import Answer, Member, integrate_gradients
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.trained_model.average_inputs import AverageInputs
from tabular.trained_model.calibration import scaling_gradient
from tabular.trained_model.trained_model import TrainedModel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Json = dict[str, Any]

TOLERANCE = 1e-4  # of a probability, or of the target's standard deviation: the largest error before it is spread
MAX_ROWS = 1_000  # of one request: about as long as 100,000 predictions
MAX_FLOPS = 4e11  # of one request with a large network: about 30 s on one core
POINTS = 16  # that a row usually takes, forward and backward


def max_explained_rows(model: TrainedModel) -> int:
    """Return how many rows may be explained at once, at least one: fewer for larger networks."""
    flops = sum(sum(network.sequential.flops()) for bag in model.bags for network in bag.networks)
    per_row = POINTS * flops * len(model.target.columns)
    return max(min(MAX_ROWS, int(MAX_FLOPS / max(per_row, 1))), 1)


def explain(model: TrainedModel, inputs: Sequence[Array], averages: Sequence[AverageInputs]) -> list[Json]:
    """Return what each answer gets beside its value or label, as JSON values.

    One target: {"contributions": {column: number}, "baseline": number}. The contributions add up to the answer minus
    the baseline, which is the answer to the average inputs of the training rows. The answer is the value, in the
    target's own units, or the probability of the predicted label. They are integrated gradients (Sundararajan et al.,
    2017); the numerical error, at most TOLERANCE for nearly all rows, is spread over the columns in proportion to their
    contributions. Several targets: {"targets": {column: the same}}.

    Args:
        model: the model that answers.
        inputs: of each bag, (rows, inputs).
        averages: the average inputs of each bag.
    """
    members = _members(model, inputs, averages)
    columns = _input_columns(model)
    final = model.outputs_of_inputs(inputs)
    places = range(len(model.target.columns))
    return model.target.combine([_explain_target(model, members, columns, final, place) for place in places])


def _members(model: TrainedModel, inputs: Sequence[Array], averages: Sequence[AverageInputs]) -> list[Member]:
    members = []
    for bag, x, average in zip(model.bags, inputs, averages, strict=True):
        for network in bag.networks:
            gradient = InputGradient(network)
            members.append(
                Member(
                    gradient=gradient,
                    weight=bag.weight / len(bag.networks),
                    z=gradient.points(x),
                    baseline=gradient.mean_point(average.means, average.shares),
                )
            )
    return members


def _input_columns(model: TrainedModel) -> list[dict[str, Index]]:
    """Return for each network, in the order of `_members`, the numbers of the inputs that each column makes."""
    return [bag.preprocessor.inputs_by_column(model.window) for bag in model.bags for _ in bag.networks]


def _explain_target(
    model: TrainedModel, members: Sequence[Member], columns: Sequence[dict[str, Index]], final: Floats, place: int
) -> list[Json]:
    column = model.target.columns[place]
    tolerance = TOLERANCE * (column.stddev if column.task == "regression" else 1)
    found = integrate_gradients(members, _answer(model, final, place), tolerance=tolerance)
    names = list(dict.fromkeys(name for inputs in columns for name in inputs))
    totals = np.zeros((len(final), len(names)))
    for contributions, inputs in zip(found.contributions, columns, strict=True):
        for number, name in enumerate(names):
            if name in inputs:
                totals[:, number] += contributions[:, inputs[name]].sum(axis=1)
    totals += _spread(found.error, totals)
    return [
        {"contributions": dict(zip(names, row, strict=True)), "baseline": baseline}
        for row, baseline in zip(totals.tolist(), found.baseline.tolist(), strict=True)
    ]


def _spread(error: Floats, totals: Floats) -> Floats:
    """Return parts of the error of each row, in proportion to the sizes of the contributions (rows, columns)."""
    sizes = np.abs(totals)
    whole = sizes.sum(axis=1, keepdims=True)
    shares = np.where(whole > 0, sizes / np.where(whole > 0, whole, 1), 1 / totals.shape[1])
    parts: Floats = error[:, None] * shares
    return parts


def _answer(model: TrainedModel, final: Floats, place: int) -> Answer:
    """Return the function from raw outputs of some rows to the answers for a target, with the gradient."""
    column, start = model.target.columns[place], sum(each.outputs for each in model.target.columns[:place])
    own = slice(start, start + column.outputs)
    labels = class_probabilities(final.reshape(len(final), -1)[:, own]).argmax(axis=1)

    def answer(raw: Floats, rows: Array) -> tuple[Floats, Floats]:
        finished = model.finish(raw)
        gradient = np.zeros((len(raw), raw[0].size))
        part = finished.reshape(gradient.shape)[:, own]
        if column.task == "regression":
            values = part[:, column.middle]
            gradient[:, own] = _value_gradient(column, raw.reshape(gradient.shape)[:, own], values)
            return values, gradient.reshape(raw.shape)
        values = class_probabilities(part)[np.arange(len(raw)), labels[rows]]
        gradient[:, own] = _label_gradient(part.shape[1], labels[rows])
        shaped = gradient.reshape(raw.shape)
        return values, _before_calibration(model, raw, finished, shaped)

    return answer


def _before_calibration(model: TrainedModel, raw: Floats, finished: Floats, dy: Floats) -> Floats:
    """Return the gradient of raw outputs, given `dy`, that of the finished ones. All are (n, *outputs)."""
    if model.calibration is None:
        return dy
    split = (model.target.split_outputs(each) for each in (raw, finished, dy))
    parts = zip(*split, model.calibration.temperatures, strict=True)
    return np.concatenate([scaling_gradient(*part) for part in parts], axis=1).reshape(raw.shape)


def _value_gradient(column: ColumnTarget, raw: Floats, values: Floats) -> Floats:
    """Return the gradient (n, outputs) of the values with respect to raw outputs: 0 where the value is clamped."""
    gradient = np.zeros_like(raw)
    chosen = np.argsort(raw, axis=1)[:, column.middle]
    inside = np.ones(len(raw)) if column.clamp is None else (values > column.clamp[0]) & (values < column.clamp[1])
    gradient[np.arange(len(raw)), chosen] = column.stddev * inside
    return gradient


def _label_gradient(outputs: int, labels: Index) -> Floats:
    """Return the gradient (n, outputs) of the probability of each row's label."""
    if outputs == 1:
        return np.where(labels == 1, 1.0, -1.0)[:, None]
    return np.eye(outputs)[labels]
