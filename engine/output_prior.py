"""Start the output layer from what is known without inputs, such as the class frequencies or the mean."""

from __future__ import annotations

import numpy as np

from engine.batches import Rows, check_rows
from engine.network import Network
from engine.spec import TrainingSpec
from engine.weighted_rows import weigh_rows


def start_from_prior(network: Network, spec: TrainingSpec, rows: Rows) -> None:
    """Set the biases of the output layer to the prior of the loss on the training rows.

    So the answers of the untrained network vary around the prior, and training does not spend its first steps on
    finding it. The weights stay as they were drawn: behind small ones, the layers before learn slowly, and two spirals
    are not separated from some seeds. An output layer that was loaded or trained stays.
    """
    if spec.output_start != "prior" or not network.output_is_random:
        return
    weighted, _ = weigh_rows(network, spec, rows)
    checked = check_rows(weighted, network)
    weights = np.asarray(checked.sample_weights, np.float64)
    network.start_output(network.loss.prior(checked.take(checked.y), checked.take(weights)))
