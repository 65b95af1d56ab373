"""Train a network to the end in one call, for programs that need no progress and no checkpoints."""

from __future__ import annotations

from engine.batches import Rows
from engine.network import Network
from engine.spec import TrainingSpec
from engine.training.events import EpochEnd, Stopped
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training


def fit(
    network: Network, spec: TrainingSpec, rows: Rows, validation_rows: Rows | None = None
) -> list[dict[str, float]]:
    """Train, give the network the parameters of its best epoch, and return the metrics of each epoch.

    `rows` and `validation_rows`: `x: (rows, network.inputs)`, and `y` as the network's loss takes it. A network with
    loaded weights starts from them, any other from the seed of the spec.

    Raises:
        ValueError: the rows do not fit the network, or the spec uses a metric that is not measured.
        FloatingPointError: the training diverged; the message says in which epoch, batch and layer.
    """
    state = initialize_training(network, spec, rows)
    metrics = list[dict[str, float]]()
    for event in train(network, state, spec, rows, validation_rows):
        match event:
            case EpochEnd(metrics=measured):
                metrics.append(dict(measured))
            case Stopped(reason="diverged", detail=detail):
                where = f"epoch {detail['epoch']}, batch {detail['batch']}, in {detail['layer']}"
                raise FloatingPointError(f"The training diverged in {where}. Lower the learning rate.")
    network.parameters.vector[:] = final_parameters(state)
    return metrics
