"""Start the output layer from what is known without inputs, such as the class frequencies or the mean."""

from __future__ import annotations

import numpy as np

from engine.batches import Rows, check_rows
from engine.network import Network
from engine.spec import TrainingSpec
from engine.weighted_rows import weigh_rows


def start_from_prior(network: Network, spec: TrainingSpec, rows: Rows) -> None:
    """Set the biases of the output layer to the prior of the loss on the training rows, and make its weights small.

    So the network answers every row about like the prior, and training does not spend its first steps on finding it.
    The weights stay as they were drawn if the spec names an initializer for them, and in networks for images and
    sequences: their many layers learn slowly behind small weights (a small ResNet got 1 to 2 % fewer digits right). An
    output layer that was loaded or trained stays.
    """
    if spec.output_start != "prior" or not network.output_is_random:
        return
    weighted, _ = weigh_rows(network, spec, rows)
    checked = check_rows(weighted, network)
    weights = np.asarray(checked.sample_weights, np.float64)
    prior = network.loss.prior(checked.take(checked.y), checked.take(weights))
    network.start_output(prior, keeps_weights=spec.output_initializer != "auto" or not _is_flat(network))


def _is_flat(network: Network) -> bool:
    """Return whether every layer makes a row of features, not an image or a sequence."""
    return all(len(layer.output_shape) == 1 for layer in network.layers)
