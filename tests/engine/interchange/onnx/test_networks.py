"""Networks of every layer and loss predict the same in ONNX Runtime, in both precisions."""

import numpy as np
import pytest

from engine.interchange.onnx.file import dump_onnx
from engine.interchange.onnx.graph import Graph, Nodes, Port
from engine.interchange.onnx.network import add_layer, add_network
from engine.layers.activations.activation import Linear
from engine.layers.layer_id import NETWORK
from engine.layers.padding.use_masks import ignores_padding
from engine.layers.sequential import Sequential
from engine.network import Network
from engine.spec import Precision
from tests.support.onnx_runs import run_onnx
from tests.support.reference_cases import CASES, Case


def graph_of(network: Network) -> Graph:
    graph = Graph()
    element = Nodes(graph, network.dtype).element
    x = graph.input(Port(name="x", element=element, shape=(network.inputs,), description=""))
    y = add_network(graph, network, x)
    graph.output(y, Port(name="y", element=element, shape=network.output_shape, description=""))
    return graph


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_network_predicts_the_same_or_is_refused(case: Case, precision: Precision) -> None:
    network = case.network(precision)
    x = case.batch()[0].astype(network.dtype)
    graph = graph_of(network)
    if ignores_padding(network.sequential):
        assert all("has no ONNX form" in problem.detail for problem in graph.problems)
        assert graph.problems
        return
    assert not graph.problems
    outputs = run_onnx(dump_onnx(graph, name="network", description="", metadata={}), {"x": x})
    np.testing.assert_allclose(outputs["y"], network.predict(x), atol=1e-5, rtol=1e-5)


class Unregistered(Linear):
    """A layer that no line of the registry names."""


def test_layers_without_a_form_are_all_refused() -> None:
    layers = [Unregistered((4,), NETWORK.child("layers", place, "new")) for place in range(2)]
    nodes = Nodes(Graph(), np.dtype(np.float32))
    assert add_layer(nodes, Sequential(layers, (4,), NETWORK), "x") == "x"
    assert [problem.pointer for problem in nodes.graph.problems] == ["/architecture/layers/0", "/architecture/layers/1"]
    assert nodes.graph.problems[0].detail == "The layer layers[0] (new) has no ONNX form."


def test_equal_networks_give_equal_bytes() -> None:
    network = CASES["transformer"].network()
    first, second = (dump_onnx(graph_of(network), name="n", description="", metadata={"a": "1"}) for _ in range(2))
    assert first == second


def test_tensors_inside_never_have_the_name_of_an_input() -> None:
    graph = Graph()
    graph.input(Port(name="add_1", element="float", shape=(1,), description=""))
    nodes = Nodes(graph, np.dtype(np.float32))
    total = nodes.add("Add", "add_1", "add_1")
    graph.output(total, Port(name="add_1", element="float", shape=(1,), description=""))
    assert [port.name for port in graph.outputs] == ["add_1_"]
    data = dump_onnx(graph, name="n", description="", metadata={})
    assert run_onnx(data, {"add_1": np.ones((2, 1), np.float32)})["add_1_"].tolist() == [[2], [2]]
