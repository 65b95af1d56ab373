"""The rows of a run with the weights that they are trained and evaluated with."""

from __future__ import annotations

import numpy as np

from engine.batches import Rows
from engine.losses.class_weights import ClassFactors
from engine.network import Network
from engine.spec import TrainingSpec
from engine.spec.losses import BY_NAME


def weigh_rows(
    network: Network, spec: TrainingSpec, training: Rows, validation: Rows | None = None
) -> tuple[Rows, Rows | None]:
    """Return both parts with their weights times those of their classes, which the training rows determine.

    So the validation rows measure what the network is trained for.

    Raises:
        ValueError: the loss is not for classes, or the targets are not.
    """
    if spec.class_weight is None:
        return training, validation
    if not is_for_classes(network):
        names = " or ".join(sorted(name for name, loss in BY_NAME.items() if loss.task == "classification"))
        raise ValueError(f"class_weight needs the loss {names}, not {network.loss.name}. Remove class_weight.")
    given = None if training.sample_weights is None else training.take(training.sample_weights)
    factors = ClassFactors.of(training.take(training.y), spec.class_weight, given)
    return _weighted(training, factors), _weighted(validation, factors) if validation else validation


def is_for_classes(network: Network) -> bool:
    """Return whether the network predicts one target, which is a class."""
    spec = network.loss.spec
    return spec.type != "multi_target" and spec.task == "classification"


def _weighted(rows: Rows, factors: ClassFactors) -> Rows:
    """Return the rows with weights for those that are meant; all others have the weight 0."""
    given = None if rows.sample_weights is None else rows.take(rows.sample_weights)
    weights = factors.weights(rows.take(rows.y), given)
    if rows.index is None:
        return Rows(rows.x, rows.y, weights)
    all_weights = np.zeros(len(rows.x))
    all_weights[rows.index] = weights
    return Rows(rows.x, rows.y, all_weights, rows.index)
