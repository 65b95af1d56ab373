"""Trained models as responses show them."""

from typing import Any

from pydantic import Field

from api.http.schemas import View
from api.models.evaluation_schemas import evaluation_summary
from store.artifacts.blobs import BlobInfo
from store.clock import rfc3339
from store.tables import Model

LEARNED_LATER = frozenset({"uncertainty", "averages"})  # long, and no steps that a row goes through


class ModelView(View):
    """A trained network."""

    id: str
    name: str
    job_id: str
    dataset_id: str
    created_at: str
    architecture: dict[str, Any] = Field(
        description="Layers, loss, and the network as PyTorch code. `output_units`: what the network with the "
        "downloaded weights returns: `logits` of classes, numbers in units of the `target`, or `standardized` ones: "
        "multiply them by the target's `stddev` and add its `mean`."
    )
    preprocessing: dict[str, Any] = Field(description="The fitted steps that turn a row into inputs of the network.")
    parameters: int
    metrics: dict[str, Any]
    evaluation: dict[str, Any] | None = Field(
        description="Scores on rows that were not used for training, beside those of a naive baseline, without curves: "
        "`GET /v1/models/{id}/evaluation` has all of it."
    )
    fingerprint: str = Field(description="Numeric fingerprint of the machine that trained the model.")
    weights: dict[str, Any] = Field(examples=[{"bytes": 31234, "sha256": "…", "url": "/v1/models/mdl_…/weights"}])
    lineage: dict[str, Any] = Field(
        description="What the model was made from, including the base model or weights of a fine-tuned one.",
        examples=[{"job_id": "job_…", "dataset_id": "ds_…", "base_model_id": None, "base_weights_id": None}],
    )

    @classmethod
    def of(cls, model: Model, weights: BlobInfo) -> "ModelView":
        """Return the view of a stored model and its weights."""
        url = f"/v1/models/{model.id}/weights"
        return cls(
            id=model.id,
            name=model.name,
            job_id=model.job_id,
            dataset_id=model.dataset_id,
            created_at=rfc3339(model.created_at),
            architecture=model.architecture,
            preprocessing={name: part for name, part in model.preprocessing.items() if name not in LEARNED_LATER},
            parameters=model.parameters,
            metrics=model.metrics,
            evaluation=evaluation_summary(model.evaluation),
            fingerprint=model.fingerprint,
            weights={"bytes": weights.bytes, "sha256": weights.sha256, "url": url},
            lineage={
                "job_id": model.job_id,
                "dataset_id": model.dataset_id,
                "base_model_id": model.base_model_id,
                "base_weights_id": model.base_weights_id,
            },
        )
