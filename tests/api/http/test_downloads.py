"""Downloads: ranges, validators and their headers."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from api.http import problems
from api.http.downloads import Download, download_response

CONTENT = bytes(range(100))
FILE = Download(filename="file.bin", media_type="application/octet-stream", bytes=len(CONTENT), sha256="ab" * 32)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of an application with one download."""
    app = FastAPI()
    problems.install(app)

    @app.get("/file")
    def download(request: Request) -> Response:
        return download_response(request, FILE, lambda start, stop: iter([CONTENT[start:stop]]))

    with TestClient(app) as client:
        yield client


def test_without_a_range_all_bytes_are_sent(client: TestClient) -> None:
    response = client.get("/file")
    assert (response.status_code, response.content) == (200, CONTENT)
    assert response.headers["ETag"] == FILE.etag
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("sent", "start", "stop"),
    [("0-0", 0, 1), ("10-19", 10, 20), ("90-", 90, 100), ("-10", 90, 100), ("95-500", 95, 100), ("-500", 0, 100)],
)
def test_a_range_selects_bytes(client: TestClient, sent: str, start: int, stop: int) -> None:
    response = client.get("/file", headers={"Range": f"bytes={sent}"})
    assert response.content == CONTENT[start:stop]
    whole = stop - start == len(CONTENT)
    assert response.status_code == (200 if whole else 206)
    assert response.headers.get("Content-Range") == (None if whole else f"bytes {start}-{stop - 1}/100")


def test_several_ranges_get_all_bytes(client: TestClient) -> None:
    assert client.get("/file", headers={"Range": "bytes=0-1,5-6"}).content == CONTENT


def test_a_range_after_the_end_is_rejected(client: TestClient) -> None:
    response = client.get("/file", headers={"Range": "bytes=100-"})
    assert (response.status_code, response.json()["code"]) == (416, "range_not_satisfiable")
    assert response.headers["Content-Range"] == "bytes */100"


@pytest.mark.parametrize("sent", ["bytes=", "bytes=-", "bytes=a-b"])
def test_a_malformed_range_is_rejected(client: TestClient, sent: str) -> None:
    response = client.get("/file", headers={"Range": sent})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_header")


def test_an_unknown_unit_is_ignored(client: TestClient) -> None:
    response = client.get("/file", headers={"Range": "rows=1-2"})
    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_range_of_an_old_version_gets_all_bytes(client: TestClient) -> None:
    response = client.get("/file", headers={"Range": "bytes=0-9", "If-Range": '"old"'})
    assert (response.status_code, len(response.content)) == (200, 100)


@pytest.mark.parametrize("sent", ["*", FILE.etag, f"W/{FILE.etag}", f'"other", {FILE.etag}'])
def test_a_current_copy_is_not_sent_again(client: TestClient, sent: str) -> None:
    assert client.get("/file", headers={"If-None-Match": sent}).status_code == 304
