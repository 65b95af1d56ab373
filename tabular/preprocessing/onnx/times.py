"""Encoders for times and for numbers that come round again. Each returns its inputs, (n, 1) float64, in order."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from tabular.encodings import CYCLES
from tabular.preprocessing.encoders.cyclic import DAY_US, HOUR_US, CyclicEncoder
from tabular.preprocessing.encoders.datetimes import YEAR_US, DatetimeEncoder
from tabular.preprocessing.encoders.numeric import MAX_STANDARDIZED
from tabular.preprocessing.onnx.calendar import modulo, month_of, quotient
from tabular.preprocessing.onnx.columns import ColumnValues
from tabular.preprocessing.onnx.numbers import clipped_distances


def datetime(encoder: DatetimeEncoder, column: ColumnValues) -> list[Value]:
    """Return standardized years, and the waves of the cycles."""
    nodes = column.nodes
    years = nodes.add("Div", column.value, YEAR_US)
    if encoder.robust:
        scaled = clipped_distances(nodes, years, encoder.mean, encoder.stddev)
    else:
        ratio = nodes.add("Div", nodes.add("Sub", years, encoder.mean), encoder.stddev)
        scaled = nodes.add("Clip", ratio, -MAX_STANDARDIZED, MAX_STANDARDIZED)
    turns = [_turn(nodes, column.value, cycle) for cycle in encoder.cycles]
    return _known([scaled, *_waves(nodes, turns)], column, indicator=encoder.indicator)


def cyclic(encoder: CyclicEncoder, column: ColumnValues) -> list[Value]:
    """Return the waves of a number's period, or of the cycles of a time."""
    nodes = column.nodes
    if encoder.period is None:
        turns = [_turn(nodes, column.value, cycle) for cycle in encoder.cycles]
    else:
        turns = [nodes.add("Div", modulo(nodes, column.value, encoder.period), encoder.period)]
    return _known(_waves(nodes, turns), column, indicator=encoder.indicator)


def _known(inputs: list[Value], column: ColumnValues, *, indicator: bool) -> list[Value]:
    """Return the inputs, 0 where the value is missing, and its indicator."""
    known = [column.nodes.add("Where", column.missing, 0.0, value) for value in inputs]
    return [*known, *([column.indicator()] if indicator else [])]


def _waves(nodes: Nodes, turns: list[Value]) -> list[Value]:
    """Return the sine and the cosine of each position in turns."""
    angles = [nodes.add("Mul", turn, 2 * np.pi) for turn in turns]
    return [nodes.add(wave, angle) for angle in angles for wave in ("Sin", "Cos")]


def _turn(nodes: Nodes, microseconds: Value, cycle: str) -> Value:
    """Return the position in a cycle, in turns from 0 to 1."""
    days = quotient(nodes, microseconds, float(DAY_US))
    match cycle:
        case "month":
            position = month_of(nodes, days)
        case "weekday":
            position = modulo(nodes, nodes.add("Add", days, 3.0), 7.0)  # 1 January 1970 was a Thursday
        case _:
            of_day = nodes.add("Sub", microseconds, nodes.add("Mul", days, float(DAY_US)))
            position = nodes.add("Div", of_day, HOUR_US)
    return nodes.add("Div", position, float(CYCLES[cycle]))
