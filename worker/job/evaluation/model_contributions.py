"""How much each layer and the largest weights of all networks of a job contributed to the error."""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.diagnostics.contributions import Contributions, contributions
from tabular.trained_model.network_names import prefix_of
from worker.job.loaded_job import LoadedJob

MAX_CONTRIBUTIONS = 100  # weights whose contribution to the error is listed
MAX_SAMPLE_ROWS = 10_000  # enough to compare contributions, in a fraction of an epoch


def contributions_of(loaded: LoadedJob, weights: tuple[float, ...]) -> dict[str, Any]:
    """Return the contributions of one network, or of all that are in the model, as JSON values.

    The networks are measured on the same rows. For several, a layer has the mean over the networks of its bag, with
    labels such as "bags.0: dense 1", and parameters are named as in the weights file. `weights`: of the bags; those
    with 0 are not in the model.
    """
    if loaded.plan.ensemble is None:
        return asdict(_contributions(loaded, 0, 0))
    loss, layers, largest = 0.0, list[dict[str, Any]](), list[dict[str, Any]]()
    used = [number for number, weight in enumerate(weights) if weight]
    for place, number in enumerate(used):
        each = [_contributions(loaded, number, index) for index in range(loaded.plan.networks)]
        loss += weights[number] * float(np.mean([found.loss for found in each]))
        layers += [layer | {"label": f"bags.{place}: {layer['label']}"} for layer in _mean_layers(each)]
        for index, found in enumerate(each):
            prefix = prefix_of(place, index)
            largest += [asdict(weight) | {"parameter": prefix + weight.parameter} for weight in found.largest]
    largest.sort(key=lambda weight: -abs(weight["contribution"]))
    return {"loss": loss, "layers": layers, "largest": largest[:MAX_CONTRIBUTIONS]}


def _contributions(loaded: LoadedJob, bag: int, number: int) -> Contributions:
    chosen = loaded.bags[bag]
    return contributions(chosen.members[number].network, sample(chosen.rows), largest=MAX_CONTRIBUTIONS)


def sample(rows: Rows) -> Rows:
    """Return at most MAX_SAMPLE_ROWS rows, evenly spaced."""
    return rows.every(-(-len(rows) // MAX_SAMPLE_ROWS))


def _mean_layers(each: list[Contributions]) -> list[dict[str, Any]]:
    """Return the means of the layers' numbers over networks of one bag."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for contribution in each:
        for layer in contribution.layers:
            found[layer.label].append(asdict(layer))
    names = ("total", "magnitude", "share")
    return [
        {"label": label} | {name: float(np.mean([layer[name] for layer in layers])) for name in names}
        for label, layers in found.items()
    ]
