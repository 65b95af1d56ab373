"""Recurrent layers. ONNX has time before the rows, and its own order of gates."""

from typing import Any

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.recurrent.cell import Cell
from engine.layers.recurrent.gru import Gru
from engine.layers.recurrent.recurrent import Recurrent
from engine.memory import Array

GATES = {  # PyTorch's gates in the order of ONNX
    "LSTM": (0, 3, 1, 2),  # input, output, forget, memory
    "GRU": (1, 0, 2),  # update, reset, candidate
}


def recurrent(nodes: Nodes, layer: Recurrent, x: Value) -> Value:
    """Return the last states, (rows, states), or all, (rows, time, states)."""
    operator = "GRU" if isinstance(layer.cells[0], Gru) else "LSTM"
    attributes: dict[str, Any] = {"hidden_size": layer.spec.units, "direction": _direction(layer)}
    if operator == "GRU":
        attributes["linear_before_reset"] = 1
    weights = (np.stack(each) for each in zip(*(_weights(cell, operator) for cell in layer.cells), strict=True))
    last = layer.spec.output == "last"
    by_time = nodes.add("Transpose", x, perm=[1, 0, 2])
    states = nodes.add_float32(operator, by_time, *weights, outputs=2, output=int(last), **attributes)
    perm = [1, 0, 2] if last else [2, 0, 1, 3]  # from (directions, rows, units) or (time, directions, rows, units)
    return nodes.add("Reshape", nodes.add("Transpose", states, perm=perm), nodes.integers(-1, *layer.output_shape))


def _direction(layer: Recurrent) -> str:
    return {"forward": "forward", "backward": "reverse", "bidirectional": "bidirectional"}[layer.spec.direction]


def _weights(cell: Cell, operator: str) -> tuple[Array, Array, Array]:
    """Return the weights of inputs and of states, and both biases, in ONNX's order of gates."""

    def ordered(part: str) -> Array:
        value = cell.values[cell.name(part)]
        by_gate = value.reshape(cell.gates, cell.units, *value.shape[1:])
        return by_gate[list(GATES[operator])].reshape(value.shape)

    return ordered("weight_ih"), ordered("weight_hh"), np.concatenate([ordered("bias_ih"), ordered("bias_hh")])
