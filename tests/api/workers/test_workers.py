"""/v1/workers: live workers with the jobs that the caller may see."""

from fastapi.testclient import TestClient

from store.db.transaction import transaction
from store.ids import WorkerId, new_id
from store.jobs import claims, workers
from store.jobs.workers import WorkerInfo
from tests.support.access import add_project, bearer, services_of
from tests.support.store import queue_job


def test_live_workers_show_what_they_run(client: TestClient) -> None:
    operator, other = bearer(client), bearer(client, add_project(client))
    sessions, worker_id = services_of(client).sessions, WorkerId(new_id("wrk"))
    job = queue_job(sessions)
    info = WorkerInfo(id=worker_id, host="here", pid=7, slots=2, fingerprint="abc", version="0.1.0")
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, info)
        assert claims.claim(tx, workers.process_id(worker_id, 8), 30)
    answer = client.get("/v1/workers", headers=operator)
    assert answer.status_code == 200, answer.text
    (worker,) = answer.json()["data"]
    (running,) = worker.pop("running")
    assert (running["job_id"], running["project_id"], running["epoch"]) == (job.id, "prj_default", 0)
    assert worker["id"] == worker_id
    assert (worker["host"], worker["pid"], worker["version"]) == ("here", 7, "0.1.0")
    assert (worker["slots"], worker["busy_slots"], worker["fingerprint"]) == (2, 1, "abc")
    (seen,) = client.get("/v1/workers", headers=other).json()["data"]
    assert (seen["busy_slots"], seen["running"]) == (1, []), "jobs of other projects are counted, not shown"
    assert client.get("/v1/workers", headers=bearer(client, scopes=("read", "write"))).status_code == 403
