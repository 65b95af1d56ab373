"""A trained model as it is stored: two JSON objects and a weights file, and back.

architecture: of the networks. With one network, its layers, and tensors named as in torch.nn.Sequential ("0.weight").
    Otherwise `bags` has the layers of each bag, its weight and the number of its networks, whose tensors are called
    "bags.0.networks.0.0.weight".
preprocessing: what surrounds the networks: `features` (of each bag in `bags`, if there are several), `target`,
    `reading`, `sequence`, `calibration`, `uncertainty`, `averages`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from engine.interchange.safetensors import load_metadata, load_safetensors
from engine.interchange.tensors import Tensors
from engine.interchange.torch_ensemble import TorchBag, ensemble_code
from engine.network import Network
from engine.spec import LossSpec, ModelSpec
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.reading import RowReading
from tabular.trained_model.average_inputs import AverageInputs
from tabular.trained_model.bag import Bag
from tabular.trained_model.calibration import Calibration
from tabular.trained_model.exported_weights import WeightsFile, export_weights
from tabular.trained_model.network_names import by_network, prefix_of
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.uncertainty import Uncertainty

Json = dict[str, Any]

_LOSS: TypeAdapter[LossSpec] = TypeAdapter(LossSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWeights:
    """A weights file as it is stored.

    output_layers: the output layers as they were trained, if those of `data` contain the target's units.
    """

    data: bytes
    output_layers: bytes | None

    @property
    def tensors(self) -> Tensors:
        """The weights of the networks: as they were trained if they are known so, else with the target's units.

        Raises:
            InvalidWeights: `data` is not a valid safetensors file.
        """
        return load_safetensors(self.data) | (load_safetensors(self.output_layers) if self.output_layers else {})

    @property
    def as_trained(self) -> bool:
        """Whether `tensors` do not contain the target's units. Those of models of version 0.1.0 do."""
        return self.output_layers is not None or load_metadata(self.data).get("output_units") == "standardized"


def architecture_of(model: TrainedModel) -> Json:
    """Return the networks of a model as JSON values."""
    first, tasks = model.bags[0], {column.task for column in model.target.columns}
    network = first.networks[0]
    described = _describe_bag(first, model.forecast) | {
        "outputs": model.target.outputs,
        "loss": network.loss.spec.model_dump(mode="json"),
        "task": next(iter(tasks)) if len(tasks) == 1 else None,
        "classes": list(model.target.classes) or None,
        "precision": network.precision,
        "torch": torch_code_of(model),
    }
    if not is_ensemble(model):
        return described
    bags = [
        _describe_bag(bag, model.forecast) | {"weight": bag.weight, "networks": len(bag.networks)} for bag in model.bags
    ]
    return described | {"bags": bags}


def preprocessing_of(model: TrainedModel) -> Json:
    """Return everything around the networks of a model as JSON values."""
    stored: Json = {"features": model.bags[0].preprocessor.to_json(), "target": model.target.to_json()}
    if len(model.bags) > 1:
        stored["bags"] = [bag.preprocessor.to_json() for bag in model.bags]
    optional = {
        "reading": model.reading,
        "sequence": model.forecast,
        "calibration": model.calibration,
        "uncertainty": model.uncertainty,
    }
    stored |= {name: value.to_json() for name, value in optional.items() if value is not None}
    return stored | ({"averages": [each.to_json() for each in model.averages]} if model.averages else {})


def weights_file_of(model: TrainedModel) -> WeightsFile:
    """Return the weights of all networks as a file."""
    return export_weights(_tensors_of(model), model.target, torch_code_of(model))


def torch_code_of(model: TrainedModel) -> str:
    """Return PyTorch code that makes the networks of a model. That of an ensemble averages their answers."""
    if not is_ensemble(model):
        return model.bags[0].networks[0].torch_code()
    return ensemble_code(
        [TorchBag(network=bag.networks[0], networks=len(bag.networks), weight=bag.weight) for bag in model.bags]
    )


def read_model(architecture: Json, preprocessing: Json, weights: StoredWeights) -> TrainedModel:
    """Return the model that was stored.

    Raises:
        StateMismatch: the weights do not fit the architecture.
        ValueError: a newer version stored the preprocessing.
    """
    target = TargetEncoder.from_json(preprocessing["target"])
    described = _described_bags(architecture)
    features = fitted_bags(preprocessing, len(described))
    bags = tuple(
        Bag(
            preprocessor=Preprocessor.from_json(fitted),
            networks=tuple(_build(architecture | bag) for _ in range(bag.get("networks", 1))),
            weight=bag.get("weight", 1.0),
        )
        for bag, fitted in zip(described, features, strict=True)
    )
    _load(bags, weights.tensors)
    for bag in bags:
        bag.allocate()
    return TrainedModel(
        bags=bags,
        target=target if weights.as_trained else target.without_units(),
        reading=RowReading.from_json(reading) if (reading := preprocessing.get("reading")) else None,
        forecast=Forecast.from_json(windows) if (windows := preprocessing.get("sequence")) else None,
        calibration=Calibration.from_json(found) if (found := preprocessing.get("calibration")) else None,
        uncertainty=Uncertainty.from_json(target, fits) if (fits := preprocessing.get("uncertainty")) else None,
        averages=tuple(map(AverageInputs.from_json, means)) if (means := preprocessing.get("averages")) else None,
    )


def fitted_bags(preprocessing: Mapping[str, Any], bags: int = 1) -> list[Json]:
    """Return the stored preprocessor of each bag; all `bags` have the same unless they have their own."""
    return preprocessing.get("bags") or [preprocessing["features"]] * bags


def is_ensemble(model: TrainedModel) -> bool:
    """Tell whether the model has more than one network."""
    return sum(len(bag.networks) for bag in model.bags) > 1


def input_names(bag: Bag, forecast: Forecast | None) -> list[str]:
    """Return one name per input of a bag's networks; in a window, "[t-2]" is the row two before the last."""
    names = bag.preprocessor.input_names()
    if forecast is None:
        return names
    ages = range(forecast.sequence.window - 1, -1, -1)
    return [f"{name} [t-{age}]" if age else f"{name} [t]" for age in ages for name in names]


def _described_bags(architecture: Json) -> list[Json]:
    return architecture.get("bags") or [{}]


def _describe_bag(bag: Bag, forecast: Forecast | None) -> Json:
    network = bag.networks[0]
    layers = [layer.model_dump() for layer in network.specs]
    return {"inputs": network.inputs, "input_names": input_names(bag, forecast), "layers": layers}


def _build(architecture: Json) -> Network:
    outputs = architecture["outputs"]
    return Network(
        ModelSpec.model_validate({"layers": architecture["layers"]}).layers,
        inputs=architecture["inputs"],
        outputs=outputs if isinstance(outputs, int) else tuple(outputs),
        loss=_LOSS.validate_python(architecture["loss"]),
        precision=architecture["precision"],
    )


def _tensors_of(model: TrainedModel) -> Tensors:
    if not is_ensemble(model):
        return model.bags[0].networks[0].torch_state()
    named = _named_networks(model.bags)
    return {prefix + name: values for prefix, network in named for name, values in network.torch_state().items()}


def _load(bags: tuple[Bag, ...], tensors: Tensors) -> None:
    states = by_network(tensors)
    for prefix, network in _named_networks(bags):
        network.load_torch_state(states.get(prefix) or states.get("", {}))


def _named_networks(bags: tuple[Bag, ...]) -> Iterator[tuple[str, Network]]:
    for place, bag in enumerate(bags):
        for number, network in enumerate(bag.networks):
            yield prefix_of(place, number), network
