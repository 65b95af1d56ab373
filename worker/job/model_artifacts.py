"""Turn trained networks into a stored model: its row and weights."""

import math
from typing import Any

from engine.numeric_fingerprint import numeric_fingerprint
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from tabular.trained_model.exported_weights import WeightsFile
from tabular.trained_model.stored import architecture_of, preprocessing_of, weights_file_of
from worker.job.evaluation.backpropagation import backpropagation_of
from worker.job.evaluation.evaluated_model import evaluate_model
from worker.job.evaluation.model_contributions import contributions_of
from worker.job.finite_json import finite
from worker.job.loaded_job import LoadedJob

LOSSES = ("train_loss", "val_loss")
ERRORS = ("val_mae",)


def in_target_units(loaded: LoadedJob, metrics: dict[str, float]) -> dict[str, float | None]:
    """Convert the engine's metrics, of a standardized target, to the target's own units; None for what overflows."""
    converted = {**metrics}
    for names, scale in ((LOSSES, loaded.target.loss_scale), (ERRORS, loaded.target.error_scale)):
        for name in converted:
            if scale != 1.0 and name.endswith(names):  # those of further bags begin with "bag_1_"
                converted[name] *= scale
    return {name: value if math.isfinite(value) else None for name, value in converted.items()}


def model_columns(sessions: Sessions, loaded: LoadedJob, metrics: dict[str, Any]) -> dict[str, Any]:
    """Store the weights and return the columns of the model's row."""
    loaded.use_final_parameters()
    found = evaluate_model(loaded)
    model = found.model
    file = weights_file_of(model)
    blob = _store(sessions, file)
    return {
        "architecture": architecture_of(model) | {"output_units": file.output_units},
        "preprocessing": preprocessing_of(model),
        "metrics": metrics,
        "evaluation": finite(found.evaluation),
        "contributions": finite(contributions_of(loaded, found.weights)),
        "backpropagation": finite(backpropagation_of(loaded, found.weights)),
        "parameters": sum(network.parameters.size for bag in model.bags for network in bag.networks),
        "fingerprint": numeric_fingerprint(),
        "blob_id": blob.id,
        "output_layers": file.output_layers,
    }


def store_weights(sessions: Sessions, loaded: LoadedJob) -> BlobInfo:
    """Store the last finite weights of a job that has no model."""
    loaded.use_final_parameters()
    return _store(sessions, weights_file_of(loaded.model))


def _store(sessions: Sessions, file: WeightsFile) -> BlobInfo:
    return blobs.write(sessions, blobs.chunks_of(file.data))
