"""The limit of open event streams and long polls of a project."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.polling.open_requests import OpenRequests
from service.errors import QuotaExceeded
from service.limits import ServiceLimits
from store.ids import DEFAULT_PROJECT, ProjectId


def test_a_project_at_its_limit_is_refused_until_a_request_ends() -> None:
    waiting, ours, theirs = OpenRequests(1), ProjectId("prj_1"), ProjectId("prj_2")
    with waiting.hold(ours):
        waiting.check(theirs)
        with pytest.raises(QuotaExceeded, match="limit of 1 open"):
            waiting.check(ours)
    waiting.check(ours)


@pytest.fixture
def limits() -> ServiceLimits:
    """One waiting request per project."""
    return ServiceLimits(max_project_waiting=1)


@pytest.fixture
def full(client: TestClient) -> Iterator[None]:
    """The project has reached its limit."""
    waiting: OpenRequests = client.app.state.open_requests  # type: ignore[attr-defined]  # FastAPI's
    with waiting.hold(DEFAULT_PROJECT):
        yield


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("path", "headers"), [("", {"Prefer": "wait=1"}), ("/events", {"Accept": "text/event-stream"})]
)
def test_a_stream_or_long_poll_over_the_limit_gets_429(
    client: TestClient, dataset: dict[str, Any], path: str, headers: dict[str, str]
) -> None:
    url = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()["links"]["self"]
    response = client.get(url + path, headers=headers)
    assert (response.status_code, response.json()["code"]) == (429, "quota_exceeded")
    assert "Retry-After" in response.headers
    assert client.get(url).status_code == 200
