"""The weights file of a model: the networks' weights, with the target's units folded in where that is exact enough.

The file is what users download. Where it contains units, the output layers as they were trained are kept beside it:
the service applies units in float64 instead.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.interchange.safetensors import dump_safetensors
from engine.interchange.tensors import Tensors
from tabular.preprocessing.target import TargetEncoder, output_layer_of
from tabular.trained_model.network_names import by_network

OutputUnits = Literal["logits", "target", "standardized"]

MAX_ERROR = 1e-4  # in standard deviations of the target: what rounding folded weights may change about a prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A safetensors file. Its metadata contain `output_units` and the PyTorch code of the networks.

    output_units: what its networks return. "logits": of classes. "target": numbers in the target's own units.
        "standardized": numbers that still have to be multiplied by the target's standard deviation, plus its mean, in
        float64.
    output_layers: a safetensors file with the output layers as they were trained, if `output_units` is "target".
    """

    data: bytes
    output_units: OutputUnits
    output_layers: bytes | None = None


def export_weights(tensors: Tensors, target: TargetEncoder, torch_code: str) -> WeightsFile:
    """Return the weights file for networks as they were trained."""
    if not target.has_numbers:
        return WeightsFile(data=dump_safetensors(tensors, _metadata(torch_code, "logits")), output_units="logits")
    folded = _fold(tensors, target)
    if not _is_exact(folded, target):
        metadata = _metadata(torch_code, "standardized") | _conversion(target)
        return WeightsFile(data=dump_safetensors(tensors, metadata), output_units="standardized")
    changed = {name: values for name, values in tensors.items() if folded[name] is not values}
    return WeightsFile(
        data=dump_safetensors(folded, _metadata(torch_code, "target")),
        output_units="target",
        output_layers=dump_safetensors(changed, {}),
    )


def _fold(tensors: Tensors, target: TargetEncoder) -> Tensors:
    """Return the weights with units. Tensors that do not change are the same objects."""
    folded = dict(tensors)
    for prefix, state in by_network(tensors).items():
        last = output_layer_of(state)
        for name, values in target.fold_into(state).items():
            if name.startswith(f"{last}."):
                folded[prefix + name] = values
    return folded


def _is_exact(folded: Tensors, target: TargetEncoder) -> bool:
    """Tell whether rounding the folded weights changes predictions by less than MAX_ERROR."""
    epsilon = np.finfo(next(iter(folded.values())).dtype).eps
    numbers = [column for column in target.columns if column.task == "regression"]
    if any(abs(column.mean) * epsilon > MAX_ERROR * column.stddev for column in numbers):
        return False
    return all(bool(np.isfinite(values).all()) for values in folded.values())


def _metadata(torch_code: str, output_units: OutputUnits) -> dict[str, str]:
    return {"format": "pt", "torch": torch_code, "output_units": output_units}


def _conversion(target: TargetEncoder) -> dict[str, str]:
    """Return how to convert standardized outputs: a mean and a standard deviation for each, between commas."""
    each = [column for column in target.columns for _ in range(column.outputs)]
    return {
        "target_mean": ", ".join(repr(column.mean) for column in each),
        "target_stddev": ", ".join(repr(column.stddev) for column in each),
        "conversion": "value = output * target_stddev + target_mean, in float64",
    }
