"""Data sets as responses show them."""

from typing import Any

from pydantic import Field

from api.http.schemas import View, WarningView
from store.clock import rfc3339
from store.tables import Dataset, Upload

EXAMPLE_COLUMN = {"name": "age", "type": "number", "missing": 0, "distinct": 73, "min": 17, "max": 90, "mean": 38.6}


class DatasetView(View):
    """An uploaded table with its profile."""

    id: str = Field(examples=["ds_0198f3c2a4b07d3e8f1c2b3a4d5e6f70"])
    name: str = Field(examples=["adult"])
    rows: int = Field(examples=[32561])
    bytes: int = Field(description="Size of the file after decompression.", examples=[3974305])
    sha256: str = Field(description="SHA-256 of the file after decompression.")
    format: str = Field(examples=["csv"])
    columns: list[dict[str, Any]] = Field(
        description="Name, type (number, category, boolean, datetime or text) and statistics of each column, "
        "and `format` if its values are not written as in a program. Lists leave out `histogram`.",
        examples=[[EXAMPLE_COLUMN]],
    )
    reading: dict[str, Any] | None = Field(
        description="How the file was read: encoding, delimiter, header, skipped lines, missing spellings. Null for "
        "data sets of older versions.",
        examples=[{"encoding": "utf-8", "delimiter": ",", "header": True, "skipped_lines": 0, "missing": ["", "NA"]}],
    )
    warnings: list[WarningView]
    created_at: str
    expires_at: str | None
    metadata: dict[str, str]

    @classmethod
    def of(cls, dataset: Dataset) -> "DatasetView":
        """Return the view of a stored data set."""
        return cls(
            id=dataset.id,
            name=dataset.name,
            rows=dataset.rows,
            bytes=dataset.bytes,
            sha256=dataset.sha256,
            format=dataset.format,
            columns=dataset.columns,
            warnings=dataset.warnings,
            reading=dataset.reading,
            created_at=rfc3339(dataset.created_at),
            expires_at=rfc3339(dataset.expires_at) if dataset.expires_at else None,
            metadata=dataset.metadata_,
        )

    @classmethod
    def without_histograms(cls, dataset: Dataset) -> "DatasetView":
        """Return the view of a stored data set for a list: histograms are most of its bytes."""
        view = cls.of(dataset)
        columns = [{key: column[key] for key in column if key != "histogram"} for column in view.columns]
        return view.model_copy(update={"columns": columns})


class PreviewView(View):
    """The first rows of a data set."""

    rows: list[dict[str, Any]] = Field(
        description="Values by column, as rows are sent for prediction: numbers, booleans, texts of at most 1,000 "
        "characters, times in UTC, null for missing values. Fewer rows than requested if they are large.",
        examples=[[{"age": 39, "workclass": "State-gov", "hired": "2021-03-01T00:00:00.000Z", "bonus": None}]],
    )
    total: int = Field(description="Number of all rows.", examples=[32561])
    shape: list[int] | None = Field(
        description="Shape of the array `x` of an NPZ file. Each position of a row is a column, such as x_0_27 in the "
        "shape [60000, 28, 28]. Null for other formats."
    )


class UploadView(View):
    """A resumable upload."""

    id: str = Field(examples=["upl_0198f3c2a4b07d3e8f1c2b3a4d5e6f73"])
    bytes: int = Field(description="How many bytes have arrived.", examples=[1048576])
    length: int | None = Field(description="Size of the whole file, if it was sent.", examples=[3974305])
    complete: bool = Field(description="Whether the whole file has arrived and was read.")
    dataset_id: str | None = Field(description="The data set that the file became.")
    created_at: str
    expires_at: str

    @classmethod
    def of(cls, upload: Upload) -> "UploadView":
        """Return the view of a stored upload."""
        answer = upload.answer
        return cls(
            id=upload.id,
            bytes=upload.bytes,
            length=upload.length,
            complete=answer is not None,
            dataset_id=answer["body"]["id"] if answer and "id" in answer["body"] else None,
            created_at=rfc3339(upload.created_at),
            expires_at=rfc3339(upload.expires_at),
        )
