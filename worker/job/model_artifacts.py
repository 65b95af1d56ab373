"""Turn a trained network into a stored model: its row, weights and evaluation."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.numeric_fingerprint import numeric_fingerprint
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from tabular.evaluation.evaluation import evaluate
from tabular.evaluation.last_value import evaluate_last_value
from tabular.trained_model.baseline_hazard import with_baseline_hazard
from tabular.trained_model.exported_weights import WeightsFile
from tabular.trained_model.stored import architecture_of, preprocessing_of, weights_file_of
from tabular.trained_model.trained_model import TrainedModel
from worker.job.evaluation.held_out import HeldOutAnswers, answer_held_out, blend, describe_bags
from worker.job.evaluation.model_contributions import contributions_of
from worker.job.finite_json import finite
from worker.job.loaded_job import LoadedJob

Floats = npt.NDArray[np.float64]

LOSSES = ("train_loss", "val_loss")
ERRORS = ("val_mae",)
FOLD_SCORES = ("rows", "accuracy", "log_loss", "all_right", "r2", "mae", "rmse")  # shown for each fold


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
    answers = answer_held_out(loaded)
    weights = blend(loaded, answers)
    rows = [bag.rows for bag, weight in zip(loaded.bags, weights, strict=True) if weight]
    model = with_baseline_hazard(loaded.blended(weights), rows)
    file = weights_file_of(model)
    blob = _store(sessions, file)
    return {
        "architecture": architecture_of(model) | {"output_units": file.output_units},
        "preprocessing": preprocessing_of(model),
        "metrics": metrics,
        "evaluation": finite(_evaluation(loaded, model, answers, weights)) if answers else None,
        "contributions": finite(contributions_of(loaded, weights)),
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


def _evaluation(
    loaded: LoadedJob, model: TrainedModel, answers: HeldOutAnswers, weights: Sequence[float]
) -> dict[str, Any]:
    """Return the scores on rows that the networks, or for folds the network of each row's fold, did not train on."""
    outputs = model.finish(answers.mean(weights))
    found = evaluate(model.target, loaded.training_truth, loaded.truth, outputs)
    if answers.fold_rows:
        found["folds"] = list(_fold_scores(loaded, model, answers, outputs))
    if loaded.last_values:
        found["last_value"] = evaluate_last_value(loaded.target, loaded.truth, loaded.last_values)
    if loaded.plan.ensemble:
        found["bags"] = describe_bags(loaded, answers, weights)
    weighted = {"weighted": False}  # each row counts once, whatever its sample weight
    return found | weighted | {"validation": loaded.held_out | {"out_of_fold": bool(answers.fold_rows)}}


def _fold_scores(
    loaded: LoadedJob, model: TrainedModel, answers: HeldOutAnswers, outputs: Floats
) -> Iterator[dict[str, Any]]:
    """Yield the main scores of each fold."""
    ends = np.cumsum(answers.fold_rows)[:-1]
    for truth, predicted in zip(np.split(loaded.truth, ends), np.split(outputs, ends), strict=True):
        scores = evaluate(model.target, loaded.training_truth, truth, predicted)
        yield {name: scores[name] for name in FOLD_SCORES if name in scores}
