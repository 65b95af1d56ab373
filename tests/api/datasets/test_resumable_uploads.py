"""Resumable uploads: parts give the same data set as the whole file, and no byte is lost or stored twice."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from service.limits import ServiceLimits
from service.settings import Settings
from tests.support.api import CSV, LOOPBACK
from tests.support.tables import flowers

TABLE = flowers().encode()
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="flowers.csv"\r\n\r\n' + TABLE + b"\r\n--x--\r\n"
SENT = {
    "csv": (TABLE, CSV),
    "gzip": (gzip.compress(TABLE), {**CSV, "Content-Encoding": "gzip"}),
    "form": (FORM, {"Content-Type": "multipart/form-data; boundary=x"}),
}


@pytest.fixture
def limits() -> ServiceLimits:
    return ServiceLimits(max_project_uploads=2, max_project_bytes=100_000)


@pytest.fixture
def api_settings() -> ApiSettings:
    return ApiSettings(max_upload_bytes=50_000)


def begin(client: TestClient, content: bytes = b"", headers: dict[str, str] = CSV, **query: str) -> httpx.Response:
    response = client.post("/v1/datasets", params=query, content=content, headers={**headers, "Upload-Complete": "?0"})
    assert response.status_code == 201, response.text
    return response


def append(
    client: TestClient, path: str, offset: int, content: bytes, *, last: bool = False, **headers: str
) -> httpx.Response:
    fields = {"Upload-Offset": str(offset), "Upload-Complete": "?1" if last else "?0"}
    kind = {"Content-Type": "application/partial-upload"}
    return client.patch(path, content=content, headers={**kind, **fields, **headers})


def offset_of(client: TestClient, path: str) -> int:
    return int(client.head(path).headers["Upload-Offset"])


@pytest.mark.parametrize("kind", SENT)
def test_parts_give_the_same_data_set_as_the_whole_file(client: TestClient, kind: str) -> None:
    content, headers = SENT[kind]
    query = {"types": "length:category", "metadata.team": "risk", "ttl_seconds": "600", "name": "mine"}
    whole = client.post("/v1/datasets", params=query, content=content, headers=headers).json()
    path = begin(client, content[:100], headers, **query).headers["Location"]
    part = append(client, path, 100, content[100:300])
    last = append(client, path, 300, content[300:], last=True)
    assert (part.status_code, part.headers["Upload-Offset"], part.headers["Upload-Complete"]) == (204, "300", "?0")
    assert (last.status_code, last.headers["Upload-Complete"]) == (201, "?1")
    found = client.get(last.headers["Location"]).json()
    assert found == last.json()
    own = ("id", "created_at", "expires_at")
    assert {**found, **dict.fromkeys(own)} == {**whole, **dict.fromkeys(own)}
    assert found["metadata"] == {"team": "risk"}


def test_state_is_told_and_a_wrong_offset_is_refused(client: TestClient) -> None:
    begun = begin(client, b"a,b\n", {**CSV, "Upload-Length": "12"})
    path = begun.headers["Location"]
    head = client.head(path)
    told = [head.headers[name] for name in ("Upload-Offset", "Upload-Complete", "Upload-Length", "Cache-Control")]
    assert (head.status_code, told, head.content) == (200, ["4", "?0", "12", "no-store"], b"")
    assert "max-size=50000, max-age=86" in head.headers["Upload-Limit"]
    assert client.get(path).json() == begun.json()
    wrong = append(client, path, 2, b"1,2\n")
    problem = wrong.json()
    assert (wrong.status_code, wrong.headers["Upload-Offset"], problem["code"]) == (409, "4", "upload_offset_mismatch")
    assert (problem["expected-offset"], problem["provided-offset"]) == (4, 2)
    assert problem["type"].endswith("#mismatching-upload-offset")


def test_a_finished_upload_repeats_its_answer_and_takes_no_more_bytes(client: TestClient) -> None:
    path = begin(client, TABLE).headers["Location"]
    first = append(client, path, len(TABLE), b"", last=True)
    again = append(client, path, len(TABLE), b"", last=True)
    more = append(client, path, len(TABLE), b"1", last=True)
    assert (again.status_code, again.json(), again.headers["Location"]) == (
        201,
        first.json(),
        first.headers["Location"],
    )
    assert (more.status_code, more.json()["code"]) == (400, "inconsistent_upload_length")
    assert client.get(path).json()["dataset_id"] == first.json()["id"]
    assert client.head(path).headers["Upload-Complete"] == "?1"
    assert len(client.get("/v1/datasets").json()["data"]) == 1
    assert client.delete(path).status_code == 204
    assert [client.get(path).status_code, client.delete(path).status_code] == [404, 404]


def test_problems_of_the_file_end_the_upload(client: TestClient) -> None:
    path = begin(client, b"a,b\n1\n").headers["Location"]
    first = append(client, path, 6, b"2,3,4\n5,6\n", last=True)
    again = append(client, path, 16, b"", last=True)
    assert (first.status_code, first.json()["code"], first.headers["Upload-Complete"]) == (422, "invalid_dataset", "?1")
    assert again.json() == {**first.json(), "request_id": again.headers["X-Request-Id"]}
    assert client.get(path).json()["complete"] is True


LENGTHS = {
    "a part that ends too early": ("12", b"1,2\n", {"last": True}, 400, 4),
    "too many bytes": ("12", b"1,2\n3,4\n5,6\n", {}, 400, None),
    "another length": ("12", b"1,2\n", {"Upload-Length": "13"}, 400, 4),
    "a length over the limit": (None, b"1,2\n", {"Upload-Length": "60000"}, 413, 4),
    "more bytes than the limit": (None, b"1,2\n" * 15_000, {}, 413, 4),
}


@pytest.mark.parametrize("kind", LENGTHS)
def test_contradictory_lengths_are_refused(client: TestClient, kind: str) -> None:
    length, content, headers, status, left = LENGTHS[kind]
    path = begin(client, b"a,b\n", CSV if length is None else {**CSV, "Upload-Length": length}).headers["Location"]
    response = append(client, path, 4, content, **headers)
    assert (response.status_code, response.headers["Upload-Limit"][:14]) == (status, "max-size=50000")
    if left is None:
        assert client.head(path).status_code == 404
    else:
        assert offset_of(client, path) == left


def test_invalid_fields_are_refused(client: TestClient) -> None:
    path = begin(client).headers["Location"]
    partial = {"Content-Type": "application/partial-upload"}
    offset, complete = {"Upload-Offset": "0"}, {"Upload-Complete": "?0"}
    expected = [
        (client.patch(path, headers={**CSV, **offset, **complete}), 415),
        (client.patch(path, headers={**partial, **offset}), 400),
        (client.patch(path, headers={**partial, **complete}), 400),
        (client.patch(path, headers={**partial, **complete, "Upload-Offset": "-1"}), 400),
        (client.post("/v1/datasets", content="a", headers={**CSV, "Upload-Complete": "false"}), 400),
        (client.post("/v1/datasets", content="a", headers={"Content-Type": "image/png", **complete}), 415),
        (client.post("/v1/datasets?types=a", content="a", headers={**CSV, **complete}), 422),
    ]
    assert [response.status_code for response, _ in expected] == [status for _, status in expected]
    assert expected[0][0].headers["Accept-Patch"] == "application/partial-upload"


def test_unfinished_uploads_and_their_bytes_are_limited(client: TestClient) -> None:
    first, second = (begin(client, b"x" * 40_000).headers["Location"] for _ in range(2))
    third = client.post("/v1/datasets", content=b"x", headers={**CSV, "Upload-Complete": "?0"})
    assert (third.status_code, third.json()["code"]) == (429, "quota_exceeded")
    client.delete(first)
    third = begin(client, b"x" * 40_000)
    long = client.post("/v1/datasets", content=b"x" * 30_000, headers=CSV)
    assert (long.status_code, long.json()["code"]) == (429, "quota_exceeded")
    assert offset_of(client, second) == 40_000


def test_a_repeated_beginning_with_its_key_gives_the_same_upload(client: TestClient) -> None:
    headers = {**CSV, "Idempotency-Key": "k1"}
    first = begin(client, TABLE[:50], headers)
    again = begin(client, TABLE[:90], headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (first.headers["Location"], "50")
    other = client.post(
        "/v1/datasets", content=TABLE[:50], headers={**headers, "Upload-Complete": "?0", "Upload-Length": "9"}
    )
    assert other.json()["code"] == "idempotency_mismatch"


def test_a_repeated_beginning_of_a_deleted_upload_needs_another_key(client: TestClient) -> None:
    headers = {**CSV, "Idempotency-Key": "k1", "Upload-Complete": "?0", "Upload-Length": "0"}
    answers = [client.post("/v1/datasets", content=b"ab", headers=headers) for _ in range(2)]
    assert [answer.json()["code"] for answer in answers] == ["inconsistent_upload_length", "not_found"]
    assert "Begin another one with another key" in answers[1].json()["detail"]


def test_another_api_process_goes_on_and_an_interrupted_part_is_kept(
    client: TestClient, settings: Settings, limits: ServiceLimits, api_settings: ApiSettings
) -> None:
    path = begin(client, TABLE[:50]).headers["Location"]
    asyncio.run(_break_off(client, path, 50, TABLE[50:70]))
    with TestClient(create_app(settings, limits, api_settings), base_url=LOOPBACK) as second:
        assert offset_of(second, path) == 70
        last = append(second, path, 70, TABLE[70:], last=True)
    assert last.json()["rows"] == 120


async def _break_off(client: TestClient, path: str, offset: int, content: bytes) -> None:
    """Send a part whose connection breaks after `content`."""
    fields = {
        "host": "localhost",
        "content-type": "application/partial-upload",
        "upload-offset": str(offset),
        "upload-complete": "?1",
    }
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PATCH",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
    }
    messages = iter([{"type": "http.request", "body": content, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(_message: Any) -> None:
        pass

    await client.app(scope, receive, send)
