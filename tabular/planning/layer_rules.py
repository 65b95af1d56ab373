"""Which layers fit which training."""

from collections.abc import Collection, Sequence

from engine.spec import BatchNormSpec, DropoutSpec, LayerSpec, TrainingSpec
from tabular.planning.layers import LAYERS, Inputs, inside, making_flat_rows, resting
from tabular.planning.report import PlanningReport


def check_layers(  # noqa: PLR0913, PLR0917 - layers, what they get, and how they are trained
    layers: Sequence[LayerSpec],
    inputs: Inputs,
    training: TrainingSpec,
    rows: int,
    frozen: Collection[int],
    report: PlanningReport,
) -> None:
    """Note layers that disturb the training, or learn nothing in it; those that rest do no harm.

    `rows` are learned from; `frozen` are layers that stay as they are.
    """
    rests = resting(layers, inputs, frozen)
    flat = making_flat_rows(layers, inputs)
    for index, whole in enumerate(layers):
        if index in rests:
            continue
        for pointer, layer in inside(whole, f"{LAYERS}/{index}"):
            if training.optimizer.type == "lbfgs":
                _check_line_search(pointer, layer, report)
            if index in flat and min(training.batch_size, rows) == 1:
                _check_single_row(pointer, layer, report)


def _check_line_search(pointer: str, layer: LayerSpec, report: PlanningReport) -> None:
    if isinstance(layer, (DropoutSpec, BatchNormSpec)):
        detail = (
            f"lbfgs learns from how gradients change, which {layer.type} changes by itself; "
            "leave this layer out, or use adam."
        )
        report.reject(pointer, detail)


def _check_single_row(pointer: str, layer: LayerSpec, report: PlanningReport) -> None:
    if isinstance(layer, BatchNormSpec):
        detail = (
            f"batch_norm ({pointer}) divides by the deviation over a batch's rows, and one row has none; "
            "take batches of 2 rows or more, or layer_norm."
        )
        report.reject("/training/batch_size", detail)
