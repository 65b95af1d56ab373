"""Turn a trained network into a stored model: its row, weights and evaluation."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.diagnostics.contributions import Contributions, contributions
from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.state import final_parameters
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from tabular.evaluation.evaluation import evaluate
from tabular.evaluation.last_value import evaluate_last_value
from tabular.trained_model.exported_weights import WeightsFile
from tabular.trained_model.stored import architecture_of, preprocessing_of, weights_file_of
from tabular.trained_model.trained_model import TrainedModel
from worker.job.finite_json import finite
from worker.job.loading import LoadedJob

MAX_CONTRIBUTIONS = 100  # weights whose contribution to the error is listed
MAX_SAMPLE_ROWS = 10_000  # enough to compare contributions, in a fraction of an epoch
LOSSES = ("train_loss", "val_loss")
ERRORS = ("val_mae",)
FOLD_SCORES = ("rows", "accuracy", "log_loss", "all_right", "r2", "mae", "rmse")  # shown for each fold


def in_target_units(loaded: LoadedJob, metrics: dict[str, float]) -> dict[str, float | None]:
    """Convert the engine's metrics, of a standardized target, to the target's own units; None for what overflows."""
    converted = {**metrics}
    for names, scale in ((LOSSES, loaded.target.loss_scale), (ERRORS, loaded.target.error_scale)):
        for name in names:
            if scale != 1.0 and name in converted:
                converted[name] *= scale
    return {name: value if math.isfinite(value) else None for name, value in converted.items()}


def model_columns(sessions: Sessions, loaded: LoadedJob, metrics: dict[str, Any]) -> dict[str, Any]:
    """Store the weights and return the columns of the model's row."""
    model = _final_model(loaded)
    file = weights_file_of(model)
    weights = _store(sessions, file)
    return {
        "architecture": architecture_of(model) | {"output_units": file.output_units},
        "preprocessing": preprocessing_of(model),
        "metrics": metrics,
        "evaluation": finite(_evaluation(loaded, model)),
        "contributions": finite(asdict(_contributions(loaded))),
        "parameters": loaded.network.parameters.size,
        "fingerprint": numeric_fingerprint(),
        "blob_id": weights.id,
        "output_layers": file.output_layers,
    }


def _contributions(loaded: LoadedJob) -> Contributions:
    return contributions(loaded.network, _sample(loaded.training), largest=MAX_CONTRIBUTIONS)


def _sample(rows: Rows) -> Rows:
    """Return at most MAX_SAMPLE_ROWS rows, evenly spaced."""
    stride = -(-len(rows) // MAX_SAMPLE_ROWS)
    weights = None if rows.sample_weights is None else rows.sample_weights[::stride]
    return Rows(np.ascontiguousarray(rows.x[::stride]), np.ascontiguousarray(rows.y[::stride]), weights)


def store_weights(sessions: Sessions, loaded: LoadedJob) -> BlobInfo:
    """Store the last finite weights of a job that has no model."""
    return _store(sessions, weights_file_of(_final_model(loaded)))


def _store(sessions: Sessions, file: WeightsFile) -> BlobInfo:
    return blobs.write(sessions, blobs.chunks_of(file.data))


def _final_model(loaded: LoadedJob) -> TrainedModel:
    """Return the model with the weights of the best epoch, or with the last finite ones."""
    loaded.network.parameters.vector[:] = final_parameters(loaded.state)
    return loaded.model


def _evaluation(loaded: LoadedJob, model: TrainedModel) -> dict[str, Any] | None:
    """Return the scores on rows that the network, or for folds the network of each row's fold, did not train on."""
    if loaded.folds:
        found = _evaluate_folds(loaded, model)
    elif loaded.validation is not None:
        outputs = model.outputs_of_inputs([loaded.validation.x])
        found = evaluate(model.target, loaded.training_truth, loaded.truth, outputs)
    else:
        return None
    if loaded.last_values:
        found["last_value"] = evaluate_last_value(loaded.target, loaded.truth, loaded.last_values)
    weighted = {"weighted": False}  # each row counts once, whatever its sample weight
    return found | weighted | {"validation": loaded.held_out}


def _evaluate_folds(loaded: LoadedJob, model: TrainedModel) -> dict[str, Any]:
    """Return the scores of all left-out rows together, and the main scores of each fold."""
    outputs = []
    for fold, state in zip(loaded.folds, loaded.state.members, strict=True):
        if fold.validation is None:
            continue
        fold.network.parameters.vector[:] = final_parameters(state)
        outputs.append(model.finish(fold.network.predict(fold.validation.x)))
    together = evaluate(model.target, loaded.training_truth, loaded.truth, np.concatenate(outputs))
    truths = np.split(loaded.truth, np.cumsum([len(part) for part in outputs])[:-1])
    each = (
        evaluate(model.target, loaded.training_truth, truth, predicted)
        for truth, predicted in zip(truths, outputs, strict=True)
    )
    return together | {"folds": [{name: scores[name] for name in FOLD_SCORES if name in scores} for scores in each]}
