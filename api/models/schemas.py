"""Trained models as they are shown, and predictions."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.http.schemas import Request, View
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
    architecture: dict[str, Any] = Field(description="Layers, loss, and the network in PyTorch's words.")
    preprocessing: dict[str, Any] = Field(description="How a row becomes the network's inputs, as fitted.")
    parameters: int
    metrics: dict[str, Any]
    evaluation: dict[str, Any] | None = Field(description="On the validation rows, beside the naive baseline.")
    fingerprint: str = Field(description="Of the arithmetic of the machine that trained it.")
    weights: dict[str, Any] = Field(examples=[{"bytes": 31234, "sha256": "…", "url": "/v1/models/mdl_…/weights"}])
    lineage: dict[str, Any] = Field(
        description="What the model was made from; base_model_id or base_weights_id if it was fine-tuned.",
        examples=[{"job_id": "job_…", "dataset_id": "ds_…", "base_model_id": None, "base_weights_id": None}],
    )

    @classmethod
    def of(cls, model: Model, weights: BlobInfo) -> "ModelView":
        """The view of a stored model and its weights."""
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


class PredictionsRequest(Request):
    """Rows to predict, as they come from the business application."""

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)] = Field(
        description="Column to value; a missing column is a missing value.",
        examples=[[{"age": 39, "workclass": "State-gov"}]],
    )
    explain: Literal[False] = Field(default=False, description="Explanations come with a later version.")


class PredictionsView(View):
    """A prediction for each row, in the order of the rows."""

    predictions: list[dict[str, Any]] = Field(
        examples=[[{"label": "<=50K", "probabilities": {"<=50K": 0.93, ">50K": 0.07}}]]
    )
