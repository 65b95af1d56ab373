"""Intervals and label sets as ONNX nodes, at a level that a program may choose; see `tabular.uncertainty`."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Port, Value
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.label_sets import LabelSets
from tabular.uncertainty.levels import LEVELS
from tabular.uncertainty.number_intervals import NumberIntervals
from tabular.uncertainty.residual_scale import ResidualScale
from tabular.uncertainty.uncertainty import Uncertainty

DEFAULT_LEVEL = 0.9
LEVEL_TEXT = (
    "How often intervals and label sets contain the truth, from 0.5 to 0.99. It may be left out: it is 0.9 then."
)


def uncertainty_of(model: TrainedModel) -> Uncertainty | None:
    """Return the intervals that a file can give: none if the model has none at any level."""
    found = None if model.target.is_survival else model.uncertainty
    return found if found and any(_quantiles(column) for column in found.columns) else None


def add_level(nodes: Nodes) -> Value:
    """Add the optional input for the level, (1,)."""
    names = {port.name for port in nodes.graph.inputs}
    name = "interval"
    while name in names:
        name += "_"
    default = np.array([DEFAULT_LEVEL])
    return nodes.graph.input(Port(name=name, element="double", shape=(1,), description=LEVEL_TEXT, default=default))


def add_interval(nodes: Nodes, intervals: NumberIntervals, value: Value, level: Value, prefix: str) -> None:
    """Add the ends of the interval around each value (n,). They are NaN if the model has no intervals at the level."""
    scale = _scale(nodes, intervals.scale, value)
    ends = {
        "low": nodes.add("Sub", value, nodes.add("Mul", scale, _quantile(nodes, intervals.low, level))),
        "high": nodes.add("Add", value, nodes.add("Mul", scale, _quantile(nodes, intervals.high, level))),
    }
    if intervals.minimum is not None:
        ends = {name: _at_least(nodes, end, intervals.minimum) for name, end in ends.items()}
    ends["high"] = nodes.add("Where", nodes.add("Less", ends["high"], ends["low"]), ends["low"], ends["high"])
    for name, end in ends.items():
        text = f"The {'lower' if name == 'low' else 'upper'} end of the interval."
        nodes.graph.output(end, Port(name=f"{prefix}{name}", element="double", shape=(), description=text))


def label_sets(nodes: Nodes, sets: LabelSets, probabilities: Value, classes: int, level: Value) -> Value:
    """Return which classes are in the set of each row, (n, classes) bool, for probabilities (n, classes).

    All are in it if the model has no sets at the level.
    """
    threshold = nodes.add("Sub", 1.0, _quantile(nodes, sets.quantiles, level))
    likely = nodes.add("Not", nodes.add("Less", probabilities, threshold))  # also true for NaN
    best = nodes.add("ArgMax", probabilities, axis=1, keepdims=1)
    return nodes.add("Or", likely, nodes.add("Equal", best, np.arange(classes)))


def _quantile(nodes: Nodes, quantiles: tuple[float, ...], level: Value) -> Value:
    """Return the quantile at a level, (1,), linear between LEVELS; NaN above the highest that the rows allowed."""
    last = len(quantiles) - 1
    if last < 0:
        return nodes.constant(np.array([np.nan]))
    step = LEVELS[1] - LEVELS[0]
    place = nodes.add("Div", nodes.add("Sub", level, LEVELS[0]), step)
    low = nodes.add("Clip", nodes.add("Floor", place), 0.0, float(last))
    high = nodes.add("Min", nodes.add("Add", low, 1.0), float(last))
    known = np.array(quantiles)
    at_low, at_high = (nodes.add("Gather", known, nodes.add("Cast", end, to="int64")) for end in (low, high))
    share = nodes.add("Clip", nodes.add("Sub", place, low), 0.0, 1.0)
    between = nodes.add("Add", at_low, nodes.add("Mul", share, nodes.add("Sub", at_high, at_low)))
    return nodes.add("Where", nodes.add("Greater", level, LEVELS[last] + 1e-9), np.nan, between)


def _scale(nodes: Nodes, scale: ResidualScale, value: Value) -> Value:
    """Return the scale of the residuals at each value, (n,): linear between knots."""
    if not scale.knots:
        return nodes.constant(np.ones(1))
    knots, scales = np.array(scale.knots), np.array(scale.scales)
    from_knot = nodes.add("Sub", nodes.add("Unsqueeze", value, nodes.integers(1)), knots[:-1])
    part = nodes.add("Min", nodes.add("Max", from_knot, 0.0), np.diff(knots))
    slopes = np.diff(scales) / np.diff(knots)
    return nodes.add("Add", nodes.add("MatMul", part, slopes), float(scales[0]))


def _at_least(nodes: Nodes, end: Value, minimum: float) -> Value:
    """Return the end, not below the minimum; NaN stays."""
    return nodes.add("Where", nodes.add("Less", end, minimum), minimum, end)


def _quantiles(column: NumberIntervals | LabelSets) -> tuple[float, ...]:
    return column.low if isinstance(column, NumberIntervals) else column.quantiles
