"""`If-Match` on every deletion and action."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.errors import InvalidHeader, PreconditionFailed
from api.http.preconditions import Precondition
from tests.support.api import upload


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        (None, True),
        ("*", True),
        ('"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ('W/"a"', False),
        ('"b",,"a"', True),
    ],
)
def test_a_precondition_holds_if_one_strong_tag_is_current(header: str | None, passes: bool) -> None:  # noqa: FBT001
    try:
        Precondition(header).check(lambda tag: tag == '"a"')
    except PreconditionFailed:
        assert not passes
    else:
        assert passes


@pytest.mark.parametrize("header", ["", ",", "a", '"a', "*, *", '"a" "b"'])
def test_malformed_tags_are_invalid(header: str) -> None:
    with pytest.raises(InvalidHeader):
        Precondition(header)


@pytest.fixture
def job(client: TestClient, dataset: dict[str, Any]) -> dict[str, Any]:
    """A queued job."""
    body: dict[str, Any] = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    return body


@pytest.mark.parametrize("action", ["cancel", "stop", "pause", "resume", "retry"])
def test_an_action_on_an_old_version_changes_nothing(client: TestClient, job: dict[str, Any], action: str) -> None:
    path = job["links"]["self"]
    response = client.post(f"{path}/{action}", headers={"If-Match": '"99-0-"'})
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert client.get(path).json()["state"] == "queued"


def test_an_action_on_the_current_version_is_done(client: TestClient, job: dict[str, Any]) -> None:
    path = job["links"]["self"]
    etag = client.get(path).headers["ETag"]
    assert client.post(f"{path}/pause", headers={"If-Match": etag}).json()["state"] == "paused"
    assert client.post(f"{path}/cancel", headers={"If-Match": etag}).status_code == 412, "the job has changed"
    assert client.delete(path, headers={"If-Match": etag}).status_code == 412


def test_a_deletion_needs_the_current_version(client: TestClient) -> None:
    dataset = upload(client, "a,b\n1,2\n3,4\n")
    path = f"/v1/datasets/{dataset['id']}"
    etag = client.get(path).headers["ETag"]
    assert client.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert client.delete(path, headers={"If-Match": f"W/{etag}"}).status_code == 412
    assert client.delete(path, headers={"If-Match": etag}).status_code == 204
