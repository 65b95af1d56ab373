"""Uploaded weights as responses show them."""

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.tables import Weights


class TensorView(View):
    """A tensor of the file."""

    name: str = Field(examples=["0.weight"])
    shape: list[int] = Field(examples=[[64, 14]])
    dtype: str = Field(examples=["float32"])


class WeightsView(View):
    """Uploaded weights, which jobs can start from (`init_from`)."""

    id: str = Field(examples=["wts_0198f3c2a4b07d3e8f1c2b3a4d5e6f72"])
    name: str = Field(examples=["pretrained"])
    bytes: int = Field(description="Size of the file.", examples=[20184])
    sha256: str = Field(description="SHA-256 of the file.")
    tensors: list[TensorView]
    created_at: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, weights: Weights) -> "WeightsView":
        """Return the view of stored weights."""
        return cls(
            id=weights.id,
            name=weights.name,
            bytes=weights.bytes,
            sha256=weights.sha256,
            tensors=[TensorView(**tensor) for tensor in weights.tensors],
            created_at=rfc3339(weights.created_at),
            metadata=weights.metadata_,
        )
