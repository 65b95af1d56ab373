"""Uploads and downloads in the OpenAPI document: the media types of all file formats, with examples."""

from typing import Any

from api.datasets.dataset_parameters import METADATA
from api.openapi.declarations import BINARY

PARQUET = "application/vnd.apache.parquet"
BODY: dict[str, Any] = {
    "parameters": [METADATA],
    "requestBody": {
        "required": True,
        "description": "The file, or multipart/form-data with the part `file`. Content-Encoding may be gzip. In a "
        "form, the content type of the part or the ending of its file name decides the format.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "age,income\n39,<=50K\n52,>50K\n"},
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One flat JSON object per line."},
                "example": '{"age": 39, "income": "<=50K"}\n{"age": 52, "income": ">50K"}\n',
            },
            PARQUET: {"schema": BINARY},
            "application/x-npz": {
                "schema": {**BINARY, "description": "Arrays `x` of two or more dimensions and `y` of one or two."}
            },
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {"file": BINARY}}},
        },
    },
}
