"""The drawings of docs/backpropagation.md, computed by the engine: `./dev docs` writes them to docs/images."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from docs.backpropagation_example import FOLLOWED, TARGET, WEIGHTS, example_pass, loss_at, losses_by_step
from docs.svg import Axes, Drawing, Point
from engine.cost import Cost, estimate_cost
from engine.memory import DryArena
from engine.network import Network
from engine.spec import DenseSpec, TrainingSpec

PLACES: dict[str, Point] = {"x1": (80, 80), "x2": (80, 210), "h1": (290, 80), "h2": (290, 210), "y": (500, 145)}
EDGES = {  # from, to -> parameter and index
    ("x1", "h1"): ("0.weight", (0, 0)),
    ("x2", "h1"): ("0.weight", (0, 1)),
    ("x1", "h2"): ("0.weight", (1, 0)),
    ("x2", "h2"): ("0.weight", (1, 1)),
    ("h1", "y"): ("2.weight", (0, 0)),
    ("h2", "y"): ("2.weight", (0, 1)),
}
RADIUS = 27
RATES = {0.02: "too small", 0.2: "good", 0.6: "too large"}  # learning rates, and what they are here
STEPS = 6
ROWS, EPOCHS = 32_561, 30  # of the training whose cost is drawn: the census table in examples/data


def forward_drawing() -> str:
    """Return the network with its weights and the values of one row."""
    drawing, done = (
        Drawing(640, 270, "A network of two inputs, two hidden units and one output, forward"),
        example_pass(),
    )
    _connect(drawing, lambda name, index: f"{WEIGHTS[name][index]:g}", "line")
    _nodes(drawing, done.values, "t0")
    drawing.text((590, 120), f"target {TARGET[0, 0]:g}", "small")
    drawing.text((590, 150), f"loss {done.loss:.3f}", "title")
    drawing.text((330, 262), "Forward: each unit sums its inputs times the weights, plus its bias.", "small")
    return drawing.document()


def backward_drawing() -> str:
    """Return the same network with the gradients, and the path of the followed weight."""
    drawing, done = Drawing(640, 270, "The same network with the gradient of every weight, backward"), example_pass()
    _connect(drawing, lambda name, index: f"{done.parameters[name][index]:.3f}", "line")
    for before, after in (("x1", "h1"), ("h1", "y")):
        drawing.line(_edge(after, before), "c1 wide", arrow=True)
    _nodes(drawing, done.gradients, "t1")
    drawing.line([(590, 145), (PLACES["y"][0] + RADIUS + 2, 145)], "c1 wide", arrow=True)
    drawing.text((592, 135), f"loss {done.loss:.3f}", "small")
    drawing.text((330, 262), "Backward: gradients of the loss, from the output to the inputs.", "small")
    return drawing.document()


def gradient_drawing() -> str:
    """Return the loss as a function of one weight, its slope, and the loss by step for three learning rates."""
    drawing, done = (
        Drawing(640, 270, "The loss by one weight, and the loss by step for three learning rates"),
        example_pass(),
    )
    name, index = FOLLOWED
    weight, slope = float(WEIGHTS[name][index]), float(done.parameters[name][index])
    left = Axes(drawing, ((50, 40), (290, 200)), (-2, 3), (0, 3), ("weight from x1 to h1", "loss"))
    left.curve([(w, loss_at(w)) for w in np.linspace(-2, 3, 61).tolist()], "c0")
    left.curve([(w, done.loss + slope * (w - weight)) for w in (weight - 1, weight + 0.75)], "c1 dashed")
    drawing.circle(left.at((weight, done.loss)), 5, "t1")
    drawing.text((190, 66), f"slope = gradient = {slope:.3f}", "t1")
    right = Axes(drawing, ((360, 40), (600, 200)), (0, STEPS), (0, 3), ("step", "loss"))
    for number, (rate, verdict) in enumerate(RATES.items()):
        losses = losses_by_step(rate, STEPS)
        right.curve([(float(step), loss) for step, loss in enumerate(losses)], f"c{number}")
        drawing.text((350 + 105 * number, 256), f"{rate:g} {verdict}", f"t{number}", "start")
    drawing.text((340, 256), "rate:", "small", "end")
    return drawing.document()


def cost_drawing() -> str:
    """Return bars on a logarithmic scale: operations of a prediction, a training step of a row, a whole training."""
    cost = training_cost()
    one, step = cost.flops_forward, cost.flops_forward + cost.flops_backward
    bars = {
        "predict one row": one,
        "train on one row": step,
        f"one epoch: {ROWS:,} rows": step * ROWS,
        f"training: {EPOCHS} epochs": step * ROWS * EPOCHS,
    }
    drawing = Drawing(640, 170, "Operations of a prediction and of a training, on a logarithmic scale")
    scale = 330 / math.log10(bars[f"training: {EPOCHS} epochs"] / one * 10)
    for place, (label, operations) in enumerate(bars.items()):
        y = 20 + 34 * place
        width = scale * math.log10(operations / one * 10)
        drawing.text((180, y + 15), label, "", "end")
        drawing.bar((190, y), (width, 22), "t0")
        drawing.text((196 + width, y + 15), _times(operations / one), "", "start")
    return drawing.document()


def training_cost() -> Cost:
    """Return the cost of a network for the census table: 100 inputs, two hidden layers, two classes."""
    layers = [DenseSpec(units=64), DenseSpec(units=32)]
    network = Network(
        layers, inputs=100, outputs=2, loss="softmax_cross_entropy", precision="float32", arena=DryArena()
    )
    return estimate_cost(network, TrainingSpec(epochs=EPOCHS))


def _times(ratio: float) -> str:
    if ratio >= 1e6:
        return f"{ratio / 1e6:.1f} million times"
    return f"{ratio:,.0f} times" if ratio >= 1000 else f"{ratio:.3g} times" if ratio >= 2 else "1"


def _edge(start: str, end: str) -> list[Point]:
    """Return the line between the rims of two nodes."""
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    length = math.hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / length * (RADIUS + 2), (y2 - y1) / length * (RADIUS + 2)
    return [(x1 + dx, y1 + dy), (x2 - dx, y2 - dy)]


def _connect(drawing: Drawing, label: Callable[[str, tuple[int, int]], str], style: str) -> None:
    """Draw the connections, each with a number at a third of its way, where lines do not cross."""
    for (start, end), (name, index) in EDGES.items():
        points = _edge(start, end)
        drawing.line(points, style)
        (x1, y1), (x2, y2) = points
        drawing.text((x1 + 0.28 * (x2 - x1), y1 + 0.28 * (y2 - y1) - 5), label(name, index), "small")


def _nodes(drawing: Drawing, numbers: Mapping[str, float], style: str) -> None:
    for name, (x, y) in PLACES.items():
        drawing.circle((x, y), RADIUS, "node")
        drawing.text((x, y + 4), f"{numbers[name]:.3g}", style)
        drawing.text((x, y - RADIUS - 6), name)


DRAWINGS: dict[str, Callable[[], str]] = {
    "images/backpropagation-forward.svg": forward_drawing,
    "images/backpropagation-backward.svg": backward_drawing,
    "images/backpropagation-gradient.svg": gradient_drawing,
    "images/backpropagation-cost.svg": cost_drawing,
}
