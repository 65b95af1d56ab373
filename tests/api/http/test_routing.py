"""Paths and methods: slashes at the end, complete `Allow` headers, cursors and filters of lists."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from store.db.pages import _encode


def test_a_slash_at_the_end_is_answered_without_a_redirect(client: TestClient) -> None:
    assert client.get("/v1/jobs/", follow_redirects=False).status_code == 200


def test_allow_names_every_method_of_the_path(client: TestClient) -> None:
    response = client.put("/v1/jobs/job_1")
    assert response.status_code == 405
    assert response.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["jobs", "models", "weights", "datasets", "jobs?metadata.a=b&limit=1"])
def test_a_cursor_belongs_to_one_list(client: TestClient, path: str) -> None:
    for cursor in (_encode(f"{prefix}_0198f3c2a4b07d3e8f1c2b3a4d5e6f71", "") for prefix in ("key", "wrk")):
        response = client.get(f"/v1/{path}{'&' if '?' in path else '?'}cursor={cursor}")
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_cursor_belongs_to_the_filters_of_its_list(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "metadata": {"a": "b"}}
    for _ in range(3):
        client.post("/v1/jobs", json=body)
    for filters in ({}, {"state": "queued"}, {"metadata.a": "b"}):
        first = client.get("/v1/jobs", params={"limit": 1, **filters}).json()
        second = client.get("/v1/jobs", params={"limit": 1, "cursor": first["next_cursor"], **filters}).json()
        assert second["data"][0]["id"] < first["data"][0]["id"]
        other = {"cursor": first["next_cursor"], "created_after": "2026-01-01T00:00:00Z", **filters}
        assert client.get("/v1/jobs", params=other).json()["code"] == "invalid_cursor"


def test_options_are_answered_with_the_methods_of_the_path(client: TestClient) -> None:
    response = client.options("/v1/jobs/job_1")
    assert (response.status_code, response.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")
    assert client.options("/v1/nothing").status_code == 404
    datasets = client.options("/v1/datasets")
    assert (datasets.status_code, datasets.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert datasets.headers["Upload-Limit"] == "max-size=268435456, max-age=86400"


def test_head_has_the_headers_of_get_and_reads_no_content(
    client: TestClient, dataset: dict[str, Any], model: dict[str, Any]
) -> None:
    job = f"/v1/jobs/{model['job_id']}"
    for path in ("/", "/docs", "/v1/jobs", job, model["weights"]["url"], f"/v1/datasets/{dataset['id']}/content"):
        read, head = client.get(path, follow_redirects=False), client.head(path, follow_redirects=False)
        names = ("Content-Type", "Content-Length", "ETag", "Accept-Ranges", "Repr-Digest")
        assert [head.headers.get(name) for name in names] == [read.headers.get(name) for name in names]
        assert (head.status_code, len(head.content) < 200_000) == (read.status_code, True)
    assert client.head(model["weights"]["url"], headers={"Range": "bytes=0-9"}).status_code == 200
    stream = client.head(f"{job}/events", headers={"Accept": "text/event-stream"})
    assert stream.headers["Content-Type"].startswith("text/event-stream")


def test_no_response_is_taken_for_a_page(client: TestClient) -> None:
    for path in ("/v1/jobs", "/v1/jobs/<script>", "/docs"):
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_list_takes_sixteen_metadata_filters(client: TestClient) -> None:
    assert client.get("/v1/jobs", params={f"metadata.k{number}": "v" for number in range(16)}).status_code == 200
    response = client.get("/v1/jobs", params={f"metadata.k{number}": "v" for number in range(17)})
    assert (response.status_code, response.json()["code"]) == (422, "over_limit")


def test_long_headers_and_paths_are_not_repeated(client: TestClient) -> None:
    headers = {"Content-Type": "x" * 9_000, "Prefer": "wait=" + "9" * 9_000}
    assert len(client.post("/v1/jobs", content=b"x", headers=headers).text) < 2_000
    assert len(client.get("/v1/" + "x" * 9_000).text) < 2_000
