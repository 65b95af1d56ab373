"""/v1/jobs: submitting, following and controlling jobs, and errors in requests."""

import concurrent.futures
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import Services
from service.limits import ServiceLimits
from store.db.transaction import transaction
from store.ids import JobId, WorkerId
from store.jobs import claims, leases
from store.jobs.leases import Lease, Progress
from tests.support.api import upload
from tests.support.tables import flowers

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database for this test: one run on SQLite, one on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def test_a_minimal_body_queues_a_job_with_all_defaults_resolved(client: TestClient, dataset: dict[str, Any]) -> None:
    response = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"})
    job = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == job["links"]["self"] == f"/v1/jobs/{job['id']}"
    assert (job["state"], job["attempt"], job["requested"], job["model_id"]) == ("queued", 0, None, None)
    assert job["queue"] == {"jobs_ahead": 0, "starts_in_seconds": None}
    assert job["transitions"] == [{"state": "queued", "at": job["created_at"]}]
    assert job["spec"]["task"] == "classification"
    assert job["spec"]["classes"] == ["iris", "rose", "tulip"]
    assert [feature["column"] for feature in job["spec"]["features"]] == ["length", "width", "color"]
    assert job["spec"]["model"]["layers"]
    assert job["spec"]["training"]["epochs"] == job["progress"]["epochs"] > 0
    assert job["estimate"]["parameters"] > 0


def test_a_job_can_be_polled_from_queued_to_succeeded(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "name": "mine", "metadata": {"team": "risk"}}
    job = client.post("/v1/jobs", json=body).json()
    assert client.get(job["links"]["self"]).headers["Retry-After"] == "1"
    work()
    done = client.get(job["links"]["self"])
    result = done.json()
    assert "Retry-After" not in done.headers
    assert (result["state"], result["name"], result["metadata"]) == ("succeeded", "mine", {"team": "risk"})
    assert (result["progress"]["fraction"], result["queue"], result["attempt"]) == (1.0, None, 1)
    assert [entry["state"] for entry in result["transitions"]] == ["queued", "running", "succeeded"]
    assert result["best"]["val_loss"] > 0
    assert result["links"]["model"] == f"/v1/models/{result['model_id']}"
    unchanged = client.get(job["links"]["self"], headers={"If-None-Match": done.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_metrics_are_returned_per_epoch_and_thinned(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    training = {"epochs": 30, "batch_size": 64}
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind", "training": training}).json()
    work()
    rows = client.get(job["links"]["metrics"]).json()["data"]
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert {"train_loss", "val_loss", "val_accuracy", "learning_rate", "gradient_norm", "seconds"} <= rows[0].keys()
    thinned = client.get(job["links"]["metrics"], params={"max_points": 10, "after_epoch": 5}).json()["data"]
    assert len(thinned) <= 10
    assert thinned[-1]["epoch"] == 30
    assert thinned[0]["epoch"] > 5


def test_a_job_on_an_unknown_data_set_is_not_found(client: TestClient) -> None:
    response = client.post("/v1/jobs", json={"dataset_id": "ds_1", "target": "y"})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_validate_only_returns_the_resolved_spec_and_creates_nothing(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind"}
    response = client.post("/v1/jobs?validate_only=true", json=body)
    assert response.status_code == 200
    assert response.json()["spec"]["task"] == "classification"
    assert response.json()["estimate"]["parameters"] > 0
    assert client.get("/v1/jobs").json()["data"] == []


def test_the_queue_position_counts_higher_priorities_and_older_jobs(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind"}
    first, second = (client.post("/v1/jobs", json=body).json() for _ in range(2))
    client.post("/v1/jobs", json={**body, "priority": 9})
    ahead = [client.get(job["links"]["self"]).json()["queue"]["jobs_ahead"] for job in (first, second)]
    assert ahead == [1, 2]


def test_a_queued_job_is_canceled_immediately_and_only_once(client: TestClient, dataset: dict[str, Any]) -> None:
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    canceled = client.post(f"/v1/jobs/{job['id']}/cancel")
    assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
    assert canceled.json()["finished_at"] is not None
    again = client.post(f"/v1/jobs/{job['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job_finished")


def test_a_job_can_be_paused_resumed_retried_and_deleted(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    url = job["links"]["self"]
    assert client.post(f"{url}/pause").json()["state"] == "paused"
    work()
    assert client.post(f"{url}/resume").json()["state"] == "queued"
    early = client.post(f"{url}/retry")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert client.delete(url).json()["code"] == "not_ready"
    work()
    again = client.post(f"{url}/retry")
    assert (again.status_code, again.json()["retry_of"], again.json()["spec"]) == (201, job["id"], job["spec"])
    assert client.delete(url).status_code == 204
    assert [client.get(url + path).status_code for path in ("", "/metrics", "/events", "/weights")] == [404] * 4


def test_a_retry_keeps_planning_warnings_but_not_those_of_the_old_run(client: TestClient) -> None:
    lines = flowers().splitlines()
    dataset = upload(client, "\n".join([f"{lines[0]},same", *(f"{line},1" for line in lines[1:])]))
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    assert job["warnings"]
    found = {"code": "plateau", "column": None, "detail": "Epoch 3: nothing is learned.", "fix": "Learn faster."}
    service: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    with transaction(service.sessions) as tx:
        running = claims.claim(tx, WorkerId("wrk_test"), 30)
        assert running
        lease = Lease(job_id=JobId(running.id), fence=running.fence)
        progress = {"epoch": 3, "fraction": 0.1, "eta_seconds": None, "metrics": {}, "best": None, "ran_seconds": 1.0}
        leases.record(tx, lease, 30, Progress(**progress, warnings=[found]))
        leases.cancel(tx, lease)
    assert client.get(job["links"]["self"]).json()["warnings"] == [*job["warnings"], found]
    again = client.post(f"{job['links']['self']}/retry").json()
    assert (again["warnings"], again["spec"], again["estimate"]) == (job["warnings"], job["spec"], job["estimate"])


@pytest.mark.parametrize("action", ["cancel", "stop", "pause", "resume"])
def test_no_action_changes_a_job_that_has_ended(client: TestClient, dataset: dict[str, Any], action: str) -> None:
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    client.post(f"{job['links']['self']}/cancel")
    before = client.get(job["links"]["self"]).json()
    response = client.post(f"{job['links']['self']}/{action}")
    assert (response.status_code, response.json()["code"]) == (409, "job_finished")
    assert client.get(job["links"]["self"]).json() == before


def test_the_last_finite_weights_of_a_diverged_job_can_be_downloaded(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    training = {"epochs": 3, "optimizer": {"type": "sgd", "learning_rate": 1e9}}
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind", "training": training}).json()
    work()
    failed = client.get(job["links"]["self"]).json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "diverged")
    assert client.get(failed["links"]["weights"]).status_code == 200


def test_fifty_concurrent_submits_with_one_key_create_one_job(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind"}

    def submit(_: int) -> dict[str, Any]:
        response = client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "key-1"})
        assert response.status_code == 201
        result: dict[str, Any] = response.json()
        return result

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(submit, range(50)))
    assert all(response == answers[0] for response in answers)
    assert len(client.get("/v1/jobs").json()["data"]) == 1


def test_lists_can_be_filtered_by_state(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind"}
    first, second = (client.post("/v1/jobs", json=body).json() for _ in range(2))
    client.post(f"/v1/jobs/{first['id']}/cancel")
    assert [job["id"] for job in client.get("/v1/jobs?state=queued").json()["data"]] == [second["id"]]
    assert client.get("/v1/jobs?cursor=%21%21").json()["code"] == "invalid_cursor"


class TestSmallLimits:
    """Jobs over the limits are rejected at submission."""

    @pytest.fixture
    def limits(self) -> ServiceLimits:
        return ServiceLimits(max_parameters=1000, max_queued=1)

    def test_a_network_over_the_limit_is_rejected(self, client: TestClient) -> None:
        dataset = upload(client, flowers())
        layers = [{"type": "dense", "units": 100}]
        response = client.post(
            "/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind", "model": {"layers": layers}}
        )
        assert (response.status_code, response.json()["code"]) == (422, "over_limit")

    def test_a_full_queue_is_a_503_with_retry_after(self, client: TestClient) -> None:
        body = {"dataset_id": upload(client, flowers())["id"], "target": "kind", "model": {"layers": []}}
        assert client.post("/v1/jobs", json=body).status_code == 201
        response = client.post("/v1/jobs", json=body)
        assert (response.status_code, response.json()["code"], response.headers["Retry-After"]) == (
            503,
            "unavailable",
            "30",
        )
