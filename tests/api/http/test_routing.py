"""Paths and methods: slashes at the end, complete `Allow` headers, cursors and filters of lists."""

import pytest
from fastapi.testclient import TestClient

from store.db.pages import _encode


def test_a_slash_at_the_end_is_answered_without_a_redirect(client: TestClient) -> None:
    assert client.get("/v1/jobs/", follow_redirects=False).status_code == 200


def test_allow_names_every_method_of_the_path(client: TestClient) -> None:
    response = client.put("/v1/jobs/job_1")
    assert response.status_code == 405
    assert response.headers["Allow"] == "DELETE, GET, HEAD"


@pytest.mark.parametrize("path", ["jobs", "models", "weights", "datasets", "jobs?metadata.a=b&limit=1"])
def test_a_cursor_belongs_to_one_list(client: TestClient, path: str) -> None:
    for cursor in (_encode(f"{prefix}_0198f3c2a4b07d3e8f1c2b3a4d5e6f71") for prefix in ("key", "wrk")):
        response = client.get(f"/v1/{path}{'&' if '?' in path else '?'}cursor={cursor}")
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_list_takes_sixteen_metadata_filters(client: TestClient) -> None:
    assert client.get("/v1/jobs", params={f"metadata.k{number}": "v" for number in range(16)}).status_code == 200
    response = client.get("/v1/jobs", params={f"metadata.k{number}": "v" for number in range(17)})
    assert (response.status_code, response.json()["code"]) == (422, "over_limit")


def test_long_headers_and_paths_are_not_repeated(client: TestClient) -> None:
    headers = {"Content-Type": "x" * 9_000, "Prefer": "wait=" + "9" * 9_000}
    assert len(client.post("/v1/jobs", content=b"x", headers=headers).text) < 2_000
    assert len(client.get("/v1/" + "x" * 9_000).text) < 2_000
