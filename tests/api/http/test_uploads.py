"""Uploads: gzip is decompressed within limits."""

import gzip
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from api.http import problems
from api.http.uploads import Upload
from api.settings import ApiSettings

CSV = {"Content-Type": "text/csv"}
GZIP = {**CSV, "Content-Encoding": "gzip"}
SETTINGS = ApiSettings(max_upload_bytes=2_000_000, max_inflated_bytes=20_000_000, max_inflation=100)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an application that returns size and hash of what it receives."""
    app = FastAPI()
    problems.install(app)

    @app.post("/files")
    async def receive(request: Request) -> dict[str, object]:
        with Upload(tmp_path, SETTINGS) as upload:
            file = await upload.receive(request, ["text/csv"])
            return {"bytes": file.bytes, "sha256": file.sha256, "filename": file.filename}

    with TestClient(app) as client:
        yield client
    assert list(tmp_path.iterdir()) == []


def test_a_plain_body_is_stored_unchanged(client: TestClient) -> None:
    stored = client.post("/files", content=b"a,b\n1,2\n", headers=CSV).json()
    assert stored == {"bytes": 8, "sha256": hashlib.sha256(b"a,b\n1,2\n").hexdigest(), "filename": None}


def test_a_gzip_body_is_decompressed(client: TestClient) -> None:
    content = b"a,b\n" + b"1,2\n" * 700_000
    stored = client.post("/files", content=gzip.compress(content), headers=GZIP).json()
    assert (stored["bytes"], stored["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_all_members_of_a_gzip_body_are_decompressed(client: TestClient) -> None:
    stored = client.post("/files", content=gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"), headers=GZIP).json()
    assert stored["bytes"] == 8


DAMAGED = {"plain text": b"no gzip", "cut off": gzip.compress(b"a,b\n" * 100)[:-4], "empty": b""}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_gzip_body_is_rejected(client: TestClient, body: bytes) -> None:
    response = client.post("/files", content=body, headers=GZIP)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_a_body_with_a_high_compression_ratio_is_rejected(client: TestClient) -> None:
    response = client.post("/files", content=gzip.compress(bytes(15_000_000)), headers=GZIP)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert "100 times its size" in response.json()["detail"]


def test_a_body_that_is_too_large_after_decompression_is_rejected(client: TestClient) -> None:
    content = random.Random(1).randbytes(500_000) + bytes(20_000_000)
    response = client.post("/files", content=gzip.compress(content), headers=GZIP)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert "20,000,000 bytes" in response.json()["detail"]


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {**CSV, "Content-Encoding": "br"}])
def test_other_media_types_and_encodings_are_rejected(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/files", content=b"{}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_the_file_of_a_form_keeps_its_name(client: TestClient) -> None:
    stored = client.post("/files", files={"file": ("table.csv", b"a\n1\n", "text/csv")}).json()
    assert (stored["bytes"], stored["filename"]) == (4, "table.csv")


def test_a_form_without_the_part_is_rejected(client: TestClient) -> None:
    response = client.post("/files", files={"table": ("table.csv", b"a\n1\n", "text/csv")})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "form file")
