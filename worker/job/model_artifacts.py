"""Turn a trained network into a stored model: its row, weights and evaluation."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.diagnostics.contributions import Contributions, contributions
from engine.interchange.safetensors import dump_safetensors
from engine.memory import Array
from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.state import final_parameters
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from tabular.evaluation.evaluation import evaluate
from tabular.evaluation.last_value import evaluate_last_value
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
    weights = store_weights(sessions, loaded)
    return {
        "architecture": _architecture(loaded),
        "preprocessing": _preprocessing(loaded),
        "metrics": metrics,
        "evaluation": finite(_evaluation(loaded)),
        "contributions": finite(asdict(_contributions(loaded))),
        "parameters": loaded.network.parameters.size,
        "fingerprint": numeric_fingerprint(),
        "blob_id": weights.id,
    }


def _preprocessing(loaded: LoadedJob) -> dict[str, Any]:
    stored = {"features": loaded.preprocessor.to_json(), "target": loaded.target.to_json()}
    optional = {"reading": loaded.reading, "sequence": loaded.forecast}
    return stored | {name: value.to_json() for name, value in optional.items() if value is not None}


def _architecture(loaded: LoadedJob) -> dict[str, Any]:
    network = loaded.network
    return {
        "inputs": network.inputs,
        "input_names": _input_names(loaded),
        "layers": [layer.model_dump() for layer in loaded.plan.layers],
        "outputs": loaded.target.outputs,
        "loss": loaded.network.loss.spec.model_dump(mode="json"),
        "task": loaded.plan.task,
        "classes": list(loaded.target.classes) or None,
        "precision": network.precision,
        "torch": network.torch_code(),
    }


def _input_names(loaded: LoadedJob) -> list[str]:
    """Return one name per input of the network; in a window, "[t-2]" is the row two before the last."""
    names, sequence = loaded.preprocessor.input_names(), loaded.plan.sequence
    if sequence is None:
        return names
    ages = range(sequence.window - 1, -1, -1)
    return [f"{name} [t-{age}]" if age else f"{name} [t]" for age in ages for name in names]


def _contributions(loaded: LoadedJob) -> Contributions:
    return contributions(loaded.network, _sample(loaded.training), largest=MAX_CONTRIBUTIONS)


def _sample(rows: Rows) -> Rows:
    """Return at most MAX_SAMPLE_ROWS rows, evenly spaced."""
    stride = -(-len(rows) // MAX_SAMPLE_ROWS)
    weights = None if rows.sample_weights is None else rows.sample_weights[::stride]
    return Rows(np.ascontiguousarray(rows.x[::stride]), np.ascontiguousarray(rows.y[::stride]), weights)


def store_weights(sessions: Sessions, loaded: LoadedJob) -> BlobInfo:
    """Load the final weights into the network and store them: those of the best epoch, or the last finite ones."""
    loaded.network.parameters.vector[:] = final_parameters(loaded.state)
    weights = loaded.target.fold_into(loaded.network.torch_state())
    metadata = {"format": "pt", "torch": loaded.network.torch_code()}
    return blobs.write(sessions, blobs.chunks_of(dump_safetensors(weights, metadata)))


def _evaluation(loaded: LoadedJob) -> dict[str, Any] | None:
    """Return the scores on rows that the network, or for folds the network of each row's fold, did not train on."""
    if loaded.folds:
        y = np.concatenate([fold.validation.y for fold in loaded.folds if fold.validation])
        found = _evaluate_folds(loaded, y)
    elif loaded.validation is not None:
        y = loaded.validation.y
        found = evaluate(loaded.target, loaded.training.y, y, np.asarray(loaded.network.predict(loaded.validation.x)))
    else:
        return None
    if loaded.last_values:
        found["last_value"] = evaluate_last_value(loaded.target, y, loaded.last_values)
    weighted = {"weighted": False}  # each row counts once, whatever its sample weight
    return found | weighted | {"validation": loaded.held_out}


def _evaluate_folds(loaded: LoadedJob, y: Array) -> dict[str, Any]:
    """Return the scores of all left-out rows together, and the main scores of each fold."""
    outputs, parts = list[Array](), list[tuple[Rows, Rows]]()
    for fold, state in zip(loaded.folds, loaded.state.members, strict=True):
        if fold.validation is None:
            continue
        fold.network.parameters.vector[:] = final_parameters(state)
        outputs.append(np.asarray(fold.network.predict(fold.validation.x)))
        parts.append((fold.training, fold.validation))
    together = evaluate(loaded.target, loaded.training.y, y, np.concatenate(outputs))
    each = (
        evaluate(loaded.target, training.y, left_out.y, predicted)
        for (training, left_out), predicted in zip(parts, outputs, strict=True)
    )
    return together | {"folds": [{name: scores[name] for name in FOLD_SCORES if name in scores} for scores in each]}
