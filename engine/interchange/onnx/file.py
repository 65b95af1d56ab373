"""Write a graph as the bytes of an ONNX file. It needs the package `onnx`, an extra of the server."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.interchange.onnx.graph import ML, Graph, Node, Port

OPSET, ML_OPSET = 20, 4  # the first with GELU and with label encoders of any type
IR_VERSION = 9  # of opset 20
MAX_BYTES = 2_000_000_000  # a protocol buffer has less than 2 GiB


def is_available() -> bool:
    """Return whether the package is installed."""
    try:
        import onnx  # noqa: F401, PLC0415 - an extra
    except ImportError:
        return False
    return True


def dump_onnx(graph: Graph, *, name: str, description: str, metadata: Mapping[str, str]) -> bytes:
    """Return the file. Equal graphs give equal bytes."""
    from onnx import helper, numpy_helper  # noqa: PLC0415 - an extra

    constants = [numpy_helper.from_array(values, key) for key, values in graph.constants.items()]
    made = helper.make_graph(
        [_node(node) for node in graph.nodes],
        name,
        [_port(port) for port in graph.inputs],
        [_port(port) for port in graph.outputs],
        initializer=constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION, producer_name="backprop")
    model.doc_string = description
    helper.set_model_props(model, dict(metadata))
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _node(node: Node) -> Any:
    from onnx import helper, numpy_helper  # noqa: PLC0415 - an extra

    attributes = {
        key: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for key, value in node.attributes.items()
    }
    if "to" in attributes:
        attributes["to"] = _element(attributes["to"])
    return helper.make_node(node.operator, node.inputs, node.outputs, domain=node.domain, **attributes)


def _port(port: Port) -> Any:
    from onnx import helper  # noqa: PLC0415 - an extra

    shape: list[str | int | None] = [*port.shape] if port.default is not None else ["rows", *port.shape]
    return helper.make_tensor_value_info(port.name, _element(port.element), shape, doc_string=port.description)


def _element(element: str) -> int:
    from onnx import TensorProto  # noqa: PLC0415 - an extra

    found: int = getattr(TensorProto, element.upper())
    return found
