"""Answers about the time until an event as ONNX nodes; see `BaselineHazard.answers`."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Port, Value
from tabular.preprocessing.survival import BaselineHazard


def add_survival(nodes: Nodes, hazard: BaselineHazard, risk: Value) -> None:
    """Add the median time, the relative risk, and points of the survival curve, for log relative risks (n, 1)."""
    relative = nodes.add("Exp", nodes.add("Clip", risk, -50.0, 50.0))
    for name, value, shape, text in (
        ("value", _median(nodes, hazard, relative), (), "The median time until the event. NaN if it is not known."),
        ("relative_risk", _flat(nodes, relative), (), "The risk relative to an average row."),
    ):
        nodes.graph.output(value, Port(name=name, element="double", shape=shape, description=text))
    points = hazard.curve_points
    if len(points):
        curve = nodes.add("Exp", nodes.add("Neg", nodes.add("Mul", relative, np.array(hazard.cumulative)[points])))
        times = ", ".join(str(hazard.times[point]) for point in points)
        text = f"The probability that the event is later than each of these times: {times}"
        nodes.graph.output(curve, Port(name="survival", element="double", shape=(len(points),), description=text))


def _median(nodes: Nodes, hazard: BaselineHazard, relative: Value) -> Value:
    """Return the first time at which at least half of such rows had the event, (n,), as `np.searchsorted` finds it."""
    wanted = nodes.add("Div", float(np.log(2)), relative)
    cumulative = np.array([hazard.cumulative]) if hazard.cumulative else np.empty((1, 0))
    earlier = nodes.add("Cast", nodes.add("Less", cumulative, wanted), to="int64")
    place = nodes.add("ReduceSum", earlier, nodes.integers(1), keepdims=0)
    return nodes.add("Gather", np.array([*hazard.times, np.nan]), place)


def _flat(nodes: Nodes, column: Value) -> Value:
    return nodes.add("Reshape", column, nodes.integers(-1))
