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
from api.http.uploads.upload import Upload
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


def part(name: str, content: str, headers: str = "") -> str:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="t.csv"{headers}\r\n\r\n{content}\r\n'


FILE, OTHER, END = part("file", "a\n1"), part("table", "a\n1"), "--x--\r\n"
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
INVALID_FORMS = {
    "no part": (END, BOUNDARY, 422, "form file"),
    "another part": (OTHER + END, BOUNDARY, 422, "form table"),
    "another part too": (FILE + OTHER + END, BOUNDARY, 422, "form table"),
    "two files": (FILE + FILE + END, BOUNDARY, 422, "form file"),
    "an incomplete file": (FILE, BOUNDARY, 400, None),
    "no boundary": (FILE + END, {"Content-Type": "multipart/form-data"}, 400, None),
    "no form": ("a,b", BOUNDARY, 400, None),
    "a long header": (part("file", "a", "\r\nX: " + "y" * 5000) + END, BOUNDARY, 400, None),
    "many headers": (part("file", "a", "\r\nX: y" * 9) + END, BOUNDARY, 400, None),
    "compression of the form": (FILE + END, {**BOUNDARY, "Content-Encoding": "gzip"}, 415, None),
}


@pytest.mark.parametrize("kind", INVALID_FORMS)
def test_an_invalid_form_is_rejected(client: TestClient, kind: str) -> None:
    body, headers, status, pointer = INVALID_FORMS[kind]
    problem = client.post("/files", content=body, headers=headers).json()
    found = [each["pointer"] for each in problem.get("errors", ())]
    assert (problem["status"], found) == (status, [pointer] if pointer else [])


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_form_is_read_from_packets_of_any_size(client: TestClient, size: int) -> None:
    content = "a\r\n--y\r\n1\r\n" * 20
    body = (part("file", content, "\r\nContent-Type: text/csv; charset=latin-1") + END).encode()
    packets = (body[start : start + size] for start in range(0, len(body), size))
    stored = client.post("/files", content=packets, headers=BOUNDARY).json()
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert stored == {"bytes": len(content), "sha256": digest, "filename": "t.csv"}


def test_control_characters_of_a_file_name_are_removed(client: TestClient) -> None:
    form = part("file", "a\n1").replace("t.csv", "a\0b\x1b[1m\u202ec.csv") + END
    assert client.post("/files", content=form.encode(), headers=BOUNDARY).json()["filename"] == "ab[1mc.csv"
