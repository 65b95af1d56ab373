"""Explain backpropagation with the numbers of one measured training step: forward, loss, backward, update."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.reports.costs import TrainingCosts
from service.reports.phrases import count, duration, layer_name, number, plural, precise, share, times
from store.tables import Job

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One part of a training step, in words. `key`: forward, loss, backward or update."""

    key: str
    title: str
    sentences: tuple[str, ...]


def stages(job: Job, step: Step, costs: TrainingCosts, classes: Sequence[str]) -> Iterator[Stage]:
    """Yield the four parts of a training step in their order. `classes`: names of a single target's classes."""
    yield Stage(key="forward", title="Forward: compute an answer", sentences=tuple(_forward(step, costs)))
    yield Stage(key="loss", title="Loss: measure the error", sentences=tuple(_loss(job, step, classes)))
    yield Stage(key="backward", title="Backward: find the causes", sentences=tuple(_backward(step, costs)))
    yield Stage(key="update", title="Update: correct the weights", sentences=tuple(_update(job, step, costs)))


def _forward(step: Step, costs: TrainingCosts) -> Iterator[str]:
    network, seconds = costs.network, step["seconds"]["forward"]
    yield (
        f"{plural(step['rows'], 'training row')} enter on the left, as numbers. Each layer makes weighted sums of what "
        "the layer before computed, and passes them on; the last one gives the answers."
    )
    yield (
        f"That takes {plural(network.forward, 'operation')} per row; for all {count(step['rows'])} rows, it took "
        f"{duration(seconds)}."
    )
    if network.forward and len(network.layers) > 1:
        dearest = max(network.layers, key=lambda layer: layer.flops_forward)
        part = share(dearest.flops_forward / network.forward)
        yield f"Most of it, {part}, is the work of {layer_name(dearest.label)}."


def _loss(job: Job, step: Step, classes: Sequence[str]) -> Iterator[str]:
    yield (
        f"The loss compares the answers with the truth and makes one number of all errors: {_loss_name(job)} is "
        f"{number(step['loss'])} here. Perfect answers would have a loss near 0."
    )
    if (answer := step.get("answer")) and (described := _answer(answer, classes)):
        yield f"For the row in the drawing, {described}."


def _loss_name(job: Job) -> str:
    loss = job.spec.get("loss")
    name = loss.get("type") if isinstance(loss, Mapping) else loss
    return str(name or "the loss").replace("_", " ")


def _answer(answer: Mapping[str, Any], classes: Sequence[str]) -> str | None:
    """Return what the network answered for the row, and the truth; None for what cannot be said in a few words."""
    outputs, truth = answer["outputs"], answer["truth"]
    if len(classes) == len(outputs) > 1 and len(truth) == 1:
        right = int(truth[0])
        return f"the network gave the right answer, {classes[right]!r}, a probability of {share(outputs[right])}"
    if len(outputs) != 1 or len(truth) != 1:
        return None
    if len(classes) == 2:
        right = round(truth[0])
        probability = outputs[0] if right else 1 - outputs[0]
        return f"the network gave the right answer, {classes[right]!r}, a probability of {share(probability)}"
    return (
        f"the network answered {number(outputs[0])}, and the truth is {number(truth[0])}, in the units that it learns "
        "in"
    )


def _backward(step: Step, costs: TrainingCosts) -> Iterator[str]:
    network, seconds = costs.network, step["seconds"]
    yield (
        "The error now runs from right to left. Each layer receives the gradient of its outputs: how much the loss "
        "would "
        "change if they grew a little. By the chain rule it computes from that the gradients of its own weights, and "
        "the "
        "gradient of its inputs, which it passes on to the layer before."
    )
    if network.forward and seconds["forward"]:
        yield (
            "Every connection is used again, but only a fixed number of times: "
            f"{plural(network.backward, 'operation')} per "
            f"row, {times(network.backward / network.forward)} the forward pass, in {duration(seconds['backward'])} "
            f"({times(seconds['backward'] / seconds['forward'])})."
        )
    trained = network.trained_parameters
    if trained > 1 and network.forward:
        saved = trained * network.forward / (network.forward + network.backward)
        yield (
            f"This is why training is affordable: one backward pass gives the gradients of all {count(trained)} "
            "weights. "
            f"To try out each weight by itself would take {count(trained)} forward passes, {times(saved)} as much work."
        )


def _update(job: Job, step: Step, costs: TrainingCosts) -> Iterator[str]:
    optimizer = (job.spec.get("training") or {}).get("optimizer", {}).get("type", "the optimizer")
    seconds = step["seconds"]["update"]
    if seconds is None:
        yield (
            f"{optimizer} searches for the best step along a direction once per epoch, so no single step was measured."
        )
        return
    yield (
        f"{optimizer} moves each weight a little against its gradient, with a learning rate of "
        f"{number(step['learning_rate'])}. For {plural(costs.network.trained_parameters, 'weight')} that took "
        f"{duration(seconds)}."
    )
    moved = [layer for layer in step["layers"] if layer.get("relative_update")]
    if moved:
        most, least = (choose(moved, key=lambda layer: layer["relative_update"]) for choose in (max, min))
        size = f"by {share(most['relative_update'])} of their size in {layer_name(most['label'])}"
        other = f", by {share(least['relative_update'])} in {layer_name(least['label'])}" if len(moved) > 1 else ""
        yield f"The weights change {size}{other}. Around 0.1% per step is usual."
    yield (
        f"Then the next rows enter. This job made {plural(costs.steps, 'such step')}; the one shown here was measured "
        "after the last one, without dropout, and undone."
    )


def describe_weight(step: Step) -> Iterator[str]:
    """Yield the path of one weight: its gradient as a product by the chain rule, and its update."""
    path = step.get("weight")
    if path is None:
        return
    unit, source = path["index"]
    origin = f"the input {path['input_name']!r}" if path.get("input_name") else f"input {source + 1}"
    yield (
        f"Follow one weight: the connection from {origin} to unit {unit + 1} of {layer_name(path['layer'])}. Its value "
        "is "
        f"{number(path['value'])}. Of all weights of that layer, it contributes most to the error."
    )
    product = " \N{MULTIPLICATION SIGN} ".join(_factor(factor) for factor in path["factors"])
    yield f"For one row, the strongest path from the weight to the loss gives {product} = {number(path['path'])}."
    yield (
        f"All paths of the row add up to {number(path['row_gradient'])}, and all {count(step['rows'])} rows to "
        f"{number(path['gradient'])}. That is the gradient of the weight: how much the loss grows when the weight "
        "grows."
    )
    if path.get("update") is not None:
        direction = "lowers" if path["update"] < 0 else "raises"
        yield (
            f"So the update {direction} the weight by {number(abs(path['update']))}, from "
            f"{precise(path['value'], path['update'])} to {precise(path['value'] + path['update'], path['update'])}."
        )


FACTORS = {
    "input": "{value} (input)",
    "slope": "{value} (slope of the activation of unit {unit} in {layer})",
    "scale": "{value} (scale of unit {unit} in {layer})",
    "weight": "{value} (weight to unit {unit} of {layer})",
    "error": "{value} (error of the answer)",
    "later_layers": "{value} (gradient from the layers behind)",
}


def _factor(factor: Mapping[str, Any]) -> str:
    values = {"value": number(factor["value"]), "unit": factor["unit"] + 1, "layer": layer_name(factor["layer"])}
    return FACTORS[factor["kind"]].format(**values)
