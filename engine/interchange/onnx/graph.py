"""A graph of ONNX operators while it is built: inputs, constants, nodes, outputs, and what has no ONNX form.

It needs no library. `engine.interchange.onnx.file` turns it into the bytes of a file.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from engine.errors import PointedProblem
from engine.memory import Array

Value: TypeAlias = str  # the name of a tensor in the graph
Operand: TypeAlias = str | float | Array  # the name of a tensor, or a constant
Element = Literal["string", "double", "float", "int64", "bool"]
ML = "ai.onnx.ml"  # the domain of operators for tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operator: `outputs = operator(inputs)`. An empty input is an optional one that is left out.

    Runtimes show the attribute `name` in their errors.
    """

    operator: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    attributes: dict[str, Any]
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output of the graph.

    shape: after the first axis, which is the batch.
    default: of an input that may be left out; the same for the whole batch, so it has no axis for it.
    """

    name: Value
    element: Element
    shape: tuple[int, ...]
    description: str
    default: Array | None = None


@dataclass(slots=True)
class Graph:
    """Nodes in the order in which they run. Add all inputs first, so that no tensor inside gets the name of one.

    `problems`: what has no ONNX form. The graph is of no use if there are any.
    """

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    constants: dict[Value, Array] = field(default_factory=dict)
    problems: list[PointedProblem] = field(default_factory=list)
    _count: int = 0
    _ports: set[Value] = field(default_factory=set)  # the names of inputs and outputs

    def input(self, port: Port) -> Value:
        """Add an input of the graph."""
        self.inputs.append(port)
        self._ports.add(port.name)
        if port.default is not None:
            self.constants[port.name] = port.default
        return port.name

    def output(self, value: Value, port: Port) -> None:
        """Make a tensor an output of the graph. If an input has the same name, `_` is appended."""
        name = port.name
        while name in self._ports:
            name += "_"
        self._ports.add(name)
        self.nodes.append(Node(operator="Identity", inputs=(value,), outputs=(name,), attributes={}, domain=""))
        self.outputs.append(replace(port, name=name))

    def constant(self, values: Array) -> Value:
        """Add a constant tensor."""
        name = self.new_name("constant")
        self.constants[name] = values
        return name

    def refuse(self, *pointer: str | int, detail: str) -> None:
        """Note something that has no ONNX form, and where it is in the model."""
        self.problems.append(PointedProblem.at(*pointer, detail=detail))

    def new_name(self, stem: str) -> Value:
        """Return a name for a tensor that no other has."""
        while True:
            self._count += 1
            if (name := f"{stem}_{self._count}") not in self._ports:
                return name


@dataclass(frozen=True, slots=True)
class Nodes:
    """Adds nodes to a graph that compute in one precision. Constants among the operands get that precision."""

    graph: Graph
    dtype: np.dtype[Any]

    @property
    def element(self) -> Element:
        """ONNX's name of the precision."""
        return "double" if self.dtype == np.float64 else "float"

    def add(self, operator: str, *operands: Operand, domain: str = "", **attributes: Any) -> Value:
        """Add an operator with one output, and return that."""
        return self.add_many(operator, operands, 1, domain=domain, **attributes)[0]

    def add_many(
        self, operator: str, operands: Sequence[Operand], outputs: int, *, domain: str = "", **attributes: Any
    ) -> tuple[Value, ...]:
        """Add an operator with several outputs, and return those."""
        inputs = tuple(each if isinstance(each, str) else self.constant(each) for each in operands)
        made = tuple(self.graph.new_name(operator.lower()) for _ in range(outputs))
        node = Node(operator=operator, inputs=inputs, outputs=made, attributes=attributes, domain=domain)
        self.graph.nodes.append(node)
        return made

    def add_float32(
        self, operator: str, *operands: Operand, output: int = 0, outputs: int = 1, **attributes: Any
    ) -> Value:
        """Add an operator that runtimes have for float32 only, between casts if needed. Return one of its outputs."""
        single = Nodes(self.graph, np.dtype(np.float32))
        given = [self.cast(each, "float") if isinstance(each, str) and each else each for each in operands]
        return self.cast(single.add_many(operator, given, outputs, **attributes)[output], self.element, was="float")

    def total(self, *terms: Value) -> Value:
        """Return the sum of the terms."""
        return functools.reduce(lambda first, second: self.add("Add", first, second), terms)

    def cast(self, value: Value, element: Element, was: Element | None = None) -> Value:
        """Return a tensor in another type. `was`: its type, if it is not that of these nodes."""
        return value if element == (was or self.element) else self.add("Cast", value, to=element)

    def integers(self, *numbers: int) -> Array:
        """Return whole numbers as a constant, such as a shape or axes."""
        return np.array(numbers, np.int64)

    def text(self, value: str) -> Array:
        """Return a text as a constant that broadcasts over (n, 1)."""
        return np.array([[value]], np.object_)

    def constant(self, value: float | Array) -> Value:
        """Add a constant; numbers with fractions get the precision."""
        values = np.asarray(value)
        if values.dtype.kind == "f" or not isinstance(value, np.ndarray):
            values = values.astype(self.dtype)
        return self.graph.constant(np.ascontiguousarray(values).reshape(values.shape))
