"""Trained models as responses show them, and predictions."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.http.schemas import RequestBody, View
from store.artifacts.blobs import BlobInfo
from store.clock import rfc3339
from store.tables import Model


class ModelView(View):
    """A trained network."""

    id: str
    name: str
    job_id: str
    dataset_id: str
    created_at: str
    architecture: dict[str, Any] = Field(description="Layers, loss, and the network as PyTorch code.")
    preprocessing: dict[str, Any] = Field(description="The fitted steps that turn a row into inputs of the network.")
    parameters: int
    metrics: dict[str, Any]
    evaluation: dict[str, Any] | None = Field(
        description="Scores on the validation rows, beside those of a naive baseline."
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
            preprocessing=model.preprocessing,
            parameters=model.parameters,
            metrics=model.metrics,
            evaluation=model.evaluation,
            fingerprint=model.fingerprint,
            weights={"bytes": weights.bytes, "sha256": weights.sha256, "url": url},
            lineage={
                "job_id": model.job_id,
                "dataset_id": model.dataset_id,
                "base_model_id": model.base_model_id,
                "base_weights_id": model.base_weights_id,
            },
        )


class PredictionsRequest(RequestBody):
    """Rows to predict: columns and notation as in the uploaded file, without preprocessing on your side."""

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)] = Field(
        description="Each row maps column names to values. A column that is left out is a missing value.",
        examples=[[{"age": 39, "workclass": "State-gov"}]],
    )
    explain: Literal[False] = Field(
        default=False, description="Contributions per column are not available in this version. Only `false` is valid."
    )


class PredictionsView(View):
    """One prediction per row, in the order of the rows."""

    predictions: list[dict[str, Any]] = Field(
        examples=[[{"label": "<=50K", "probabilities": {"<=50K": 0.93, ">50K": 0.07}}]]
    )
