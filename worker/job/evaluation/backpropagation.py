"""How a network of a job learned: one more step of it, measured layer by layer, as the training report shows it."""

import logging
from dataclasses import asdict
from typing import Any

from engine.measured_step.step import MeasuredStep, measure_step
from worker.job.loaded_job import LoadedBag, LoadedJob

log = logging.getLogger(__name__)


def backpropagation_of(loaded: LoadedJob, weights: tuple[float, ...]) -> dict[str, Any] | None:
    """Measure a step of the first network that is in the model; return it as JSON values.

    `weights`: of the bags; those with 0 are not in the model. The networks must have their final weights, and keep
    them. A step that cannot be measured, for lack of memory for example, never fails the job: the result is None.
    """
    number = next(number for number, weight in enumerate(weights) if weight)
    bag = loaded.bags[number]
    member = bag.members[0]
    states = (loaded.state, *loaded.state.members)
    members = (loaded.first, *loaded.others)
    state = next(state for each, state in zip(members, states, strict=True) if each is member)
    try:
        step = measure_step(member, state)
    except Exception:
        log.exception("Could not measure a training step for the report.")
        return None
    networks = {"bags": sum(weight > 0 for weight in weights), "networks": len(bag.members)}
    return {"network": networks, **_step(step), "weight": _weight(step, bag)}


def _step(step: MeasuredStep) -> dict[str, Any]:
    passes, updates = step.passes, {} if step.update is None else {each.label: each for each in step.update.layers}
    layers = [asdict(layer) for layer in passes.layers]
    for layer in layers:
        moved = updates.get(layer["label"])
        layer |= {"update": moved and moved.update, "relative_update": moved and moved.relative}
    return {
        "rows": step.rows,
        "loss": passes.loss,
        "learning_rate": step.learning_rate,
        "gradient_norm": step.gradient_norm,
        "seconds": {
            "forward": sum(layer.forward_seconds for layer in passes.layers),
            "loss": passes.loss_seconds,
            "backward": sum(layer.backward_seconds for layer in passes.layers),
            "update": step.update and step.update.seconds,
        },
        "layers": layers,
        "answer": step.answer and asdict(step.answer),
        "drawing": [asdict(layer) for layer in step.drawing],
    }


def _weight(step: MeasuredStep, bag: LoadedBag) -> dict[str, Any] | None:
    """Return the path of the weight that is followed, with the name of its input and its update."""
    if step.weight is None:
        return None
    names = bag.preprocessor.input_names()
    number = step.weight.input
    name = names[number % len(names)] if number is not None else None  # windows repeat the inputs per time step
    return asdict(step.weight) | {"input_name": name, "update": step.update and step.update.weight}
