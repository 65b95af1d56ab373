"""What a trained network leaves behind: its row as a model, its weights as a file, its evaluation."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.diagnostics.contributions import contributions
from engine.interchange.safetensors import dump_safetensors
from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.state import final_parameters
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from tabular.evaluation.evaluation import evaluate
from worker.job.loading import Prepared

LARGEST = 100  # weights whose contribution to the error is told one by one
SAMPLE_ROWS = 10_000  # enough to tell contributions apart, in a fraction of an epoch
LOSSES = ("train_loss", "val_loss")
ERRORS = ("val_mae",)


def in_target_units(prepared: Prepared, metrics: dict[str, float]) -> dict[str, float | None]:
    """The engine's metrics, of a standardised target, in the target's own units; None for what overflows in them."""
    shown = {**metrics}
    for names, scale in ((LOSSES, prepared.target.loss_scale), (ERRORS, prepared.target.error_scale)):
        for name in names:
            if scale != 1.0 and name in shown:
                shown[name] *= scale
    return {name: value if math.isfinite(value) else None for name, value in shown.items()}


def finite(value: Any) -> Any:
    """JSON values with None in the place of numbers that JSON does not have: NaN and infinities."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {name: finite(each) for name, each in value.items()}
        case list() | tuple():
            return [finite(each) for each in value]
    return value


def model_columns(sessions: Sessions, prepared: Prepared, metrics: dict[str, Any]) -> dict[str, Any]:
    """Store the weights, and return the rest of the model's row."""
    weights = store_weights(sessions, prepared)
    return {
        "architecture": _architecture(prepared),
        "preprocessing": {"features": prepared.preprocessor.to_json(), "target": prepared.target.to_json()},
        "metrics": metrics,
        "evaluation": finite(_evaluation(prepared)),
        "contributions": finite(asdict(contributions(prepared.network, _sample(prepared.training), largest=LARGEST))),
        "parameters": prepared.network.parameters.size,
        "fingerprint": numeric_fingerprint(),
        "blob_id": weights.id,
    }


def _architecture(prepared: Prepared) -> dict[str, Any]:
    network = prepared.network
    return {
        "inputs": network.inputs,
        "input_names": prepared.preprocessor.input_names(),
        "layers": [layer.model_dump() for layer in prepared.plan.layers],
        "outputs": prepared.target.outputs,
        "loss": prepared.network.loss.spec.model_dump(mode="json"),
        "task": prepared.plan.task,
        "classes": list(prepared.target.classes) or None,
        "precision": network.precision,
        "torch": network.torch_code(),
    }


def _sample(rows: Rows) -> Rows:
    """At most SAMPLE_ROWS of the rows, evenly spaced."""
    stride = -(-len(rows) // SAMPLE_ROWS)
    weights = None if rows.sample_weights is None else rows.sample_weights[::stride]
    return Rows(np.ascontiguousarray(rows.x[::stride]), np.ascontiguousarray(rows.y[::stride]), weights)


def store_weights(sessions: Sessions, prepared: Prepared) -> BlobInfo:
    """Store the weights to keep, which the network then has: the best epoch's, or the last finite ones."""
    prepared.network.parameters.vector[:] = final_parameters(prepared.state)
    weights = prepared.target.fold_into(prepared.network.torch_state())
    metadata = {"format": "pt", "torch": prepared.network.torch_code()}
    return blobs.write(sessions, blobs.chunks_of(dump_safetensors(weights, metadata)))


def _evaluation(prepared: Prepared) -> dict[str, Any] | None:
    if prepared.validation is None:
        return None
    outputs = prepared.network.predict(prepared.validation.x)
    found = evaluate(prepared.target, prepared.training.y, prepared.validation.y, np.asarray(outputs))
    return found | {"weighted": False}  # whatever the rows' weights: each of them counts once
