"""Plan and train a job in this process, as the service does."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.network import Network
from engine.spec import ModelSpec, TrainingSpec
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tabular.evaluation.evaluation import evaluate
from tabular.planning.network import build_network
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.planning.serialization import from_spec, to_spec
from tabular.preprocessing.training_arrays import TrainingArrays, make_training_arrays
from tabular.spec import FeatureSpec
from tabular.trained_model.bag import Bag
from tabular.trained_model.baseline_hazard import with_baseline_hazard
from tabular.trained_model.stored import (
    StoredWeights,
    architecture_of,
    preprocessing_of,
    read_model,
    weights_file_of,
)
from tabular.trained_model.trained_model import TrainedModel
from tests.support.file_rows import stored_reading
from tests.support.reading import Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A trained network, and the model as it is after storing and loading it."""

    plan: Plan
    arrays: TrainingArrays
    network: Network
    evaluation: dict[str, Any]
    stored: TrainedModel

    def predict(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a prediction for each JSON row."""
        return json.loads(json.dumps(self.stored.predict(rows), allow_nan=False))  # type: ignore[no-any-return]


def plan_job(data: Read, target: str | list[str], **request: Any) -> Plan:
    """Plan a job whose parts are JSON values, and check that the plan survives the JSON of a spec."""
    model, features = request.get("model"), request.get("features")
    found = plan(
        data.profile,
        PlanRequest(
            target=target if isinstance(target, str) else tuple(target),
            features=None if features is None else tuple(map(FeatureSpec.model_validate, features)),
            task=request.get("task"),
            model=None if model is None else ModelSpec.model_validate({"layers": model}),
            training=TrainingSpec.model_validate(request.get("training", {})),
            sample_weight=request.get("sample_weight"),
            exposure=request.get("exposure"),
            censored=request.get("censored"),
        ),
    )
    again = from_spec(json.loads(json.dumps(to_spec(found))))
    assert again.model_copy(update={"warnings": found.warnings}) == found
    return found


def train_job(data: Read, target: str | list[str], **request: Any) -> Model:
    """Train and keep the best epoch's weights."""
    found = plan_job(data, target, **request)
    arrays = make_training_arrays(data.table, found)
    network = build_network(found, arrays.preprocessor.width, arrays.preprocessor.wave_inputs)
    assert network.output_shape == (found.outputs if isinstance(found.outputs, tuple) else (found.outputs,))
    rows = Rows(arrays.x, arrays.y, arrays.sample_weights)
    validation = Rows(arrays.validation_x, arrays.validation_y, arrays.validation_sample_weights)
    state = initialize_training(network, found.training, rows)
    for _ in train(network, state, found.training, rows, validation):
        pass
    network.parameters.vector[:] = final_parameters(state)
    bag = Bag(preprocessor=arrays.preprocessor, networks=(network,))
    trained = TrainedModel(bags=(bag,), target=arrays.target, reading=stored_reading(data), forecast=None)
    trained = with_baseline_hazard(trained, [rows])
    outputs = trained.outputs_of_inputs([validation.x])
    outputs = outputs if arrays.exposure is None else outputs * arrays.exposure[:, None]
    evaluation = json.loads(
        json.dumps(evaluate(trained.target, arrays.training_truth, arrays.truth, outputs), allow_nan=False)
    )
    return Model(plan=found, arrays=arrays, network=network, evaluation=evaluation, stored=stored_and_read(trained))


def stored_and_read(model: TrainedModel) -> TrainedModel:
    """Return a model after storing and loading it."""
    architecture, preprocessing = json.loads(json.dumps([architecture_of(model), preprocessing_of(model)]))
    file = weights_file_of(model)
    return read_model(architecture, preprocessing, StoredWeights(data=file.data, output_layers=file.output_layers))


def csv(columns: dict[str, Any]) -> str:
    """Return columns, which are arrays or lists, as CSV."""
    values = [np.asarray(column).tolist() for column in columns.values()]
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*values, strict=True))]
    return "\n".join(lines) + "\n"
