"""A walk over the API: each operation is called with success, and many are called in other ways too."""

import gzip
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests.support.api import CSV
from tests.support.tables import flowers

Walk = Callable[[], None]
UNKNOWN = "0198f3c2a4b07d3e8f1c2b3a4d5e6f71"


class ApiWalk:
    """All responses of a walk, in order."""

    def __init__(self, client: TestClient, work: Callable[[], None]) -> None:
        self.client = client
        self.work = work
        self.responses: list[Response] = []

    def call(self, method: str, path: str, **request: Any) -> Response:
        """Call an operation and keep its response."""
        response = self.client.request(method, path, follow_redirects=False, **request)
        self.responses.append(response)
        return response

    def run(self) -> None:
        """Call every operation; the probes first, while a heartbeat is fresh."""
        for path in ("/healthz", "/readyz", "/metrics"):
            self.call("GET", path)
        dataset = self.upload()
        self.upload_in_parts()
        job = self.train(dataset)
        self.draw_learning_curve(job["id"])
        self.control_jobs(dataset)
        self.use_model(job)
        self.predict_data_set(job)
        self.replace_model(job)
        self.upload_weights(job)
        self.misuse(dataset, job)
        self.delete(dataset, job)
        self.administer()
        self.register_webhooks()

    def register_webhooks(self) -> None:
        """Create, change, test and delete a webhook."""
        body = {"url": "https://hooks.example.com/backprop", "events": ["job.succeeded", "job.failed"]}
        path = self.call("POST", "/v1/webhooks", json=body).headers["Location"]
        for _ in range(2):
            self.call("POST", f"{path}/rotate", json={"overlap_seconds": 3600}, headers={"Idempotency-Key": "rotate-1"})
            self.call("POST", "/v1/webhooks", json=body, headers={"Idempotency-Key": "webhook-1"})
        self.call("GET", path)
        self.call("GET", "/v1/webhooks", params={"limit": 1})
        delivery = self.call("POST", f"{path}/test", headers={"Idempotency-Key": "test-1"}).headers["Location"]
        self.call("POST", f"{path}/test", headers={"Idempotency-Key": "test-1"})
        self.call("GET", delivery)
        self.call("POST", f"{delivery}/replay", headers={"Idempotency-Key": "replay-1"})
        self.call("POST", f"{delivery}/replay", headers={"Idempotency-Key": "replay-1"})
        self.call("GET", f"{path}/deliveries", params={"state": "pending"})
        self.call("PATCH", path, json={"enabled": False, "description": "paused for a release"})
        self.call("POST", f"{path}/test")
        self.call("POST", "/v1/webhooks", json={"url": "https://127.0.0.1/", "events": ["job.queued"]})
        for _ in range(4):
            self.call("POST", "/v1/webhooks", json=body)
        self.call("DELETE", path)

    def upload(self) -> str:
        """Upload, list and read a data set; return its path."""
        created = self.call("POST", "/v1/datasets", params={"name": "flowers"}, content=flowers(), headers=CSV)
        path = created.headers["Location"]
        keyed = {**CSV, "Content-Encoding": "gzip", "Idempotency-Key": "upload-1"}
        for _ in range(2):
            self.call("POST", "/v1/datasets", content=gzip.compress(flowers().encode(), mtime=0), headers=keyed)
        listed = self.call("GET", "/v1/datasets", params={"limit": 1})
        self.call("GET", "/v1/datasets", params={"limit": 1, "cursor": listed.json()["next_cursor"]})
        self.call("GET", path)
        self.call("GET", f"{path}/preview", params={"rows": 2})
        self.download(f"{path}/content")
        return path

    def upload_in_parts(self) -> None:
        """Upload a data set in parts, and cancel another upload."""
        table = flowers().encode()
        begin = {**CSV, "Upload-Complete": "?0", "Upload-Length": str(len(table))}
        part = {"Content-Type": "application/partial-upload", "Upload-Offset": "9"}
        path = self.call("POST", "/v1/datasets", content=table[:9], headers=begin).headers["Location"]
        self.call("PATCH", path, content=table[9:20], headers={**part, "Upload-Complete": "?1"})
        self.call("PATCH", path, content=table[9:], headers={**part, "Upload-Complete": "?1"})
        other = self.call("POST", "/v1/datasets", content=table[:9], headers=begin).headers["Location"]
        self.call("GET", other)
        for _ in range(2):
            self.call("PATCH", other, content=table[9:20], headers={**part, "Upload-Complete": "?0"})
        self.call("DELETE", other)
        self.call("GET", other)

    def download(self, path: str) -> bytes:
        """Download a file: whole, in part, and if it has changed."""
        whole = self.call("GET", path)
        self.call("GET", path, headers={"Range": "bytes=0-9"})
        self.call("GET", path, headers={"Range": "bytes=999999999-"})
        self.call("GET", path, headers={"If-None-Match": whole.headers["ETag"]})
        return whole.content

    def train(self, dataset: str) -> dict[str, Any]:
        """Submit a job, follow it to its end, and return it."""
        body = {"dataset_id": dataset.rpartition("/")[2], "target": "kind", "training": {"epochs": 3}}
        body |= {"name": "flowers", "metadata": {"team": "garden"}}
        created = self.call("POST", "/v1/jobs", json=body)
        for _ in range(2):
            self.call("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": "job-1", "Prefer": "wait=0"})
        path = created.headers["Location"]
        self.call("GET", path)
        self.work()
        current = self.call("GET", path, params={"until": "ended"}, headers={"Prefer": "wait=5"})
        self.call("GET", path, headers={"If-None-Match": current.headers["ETag"]})
        self.call("GET", "/v1/jobs", params={"state": "succeeded", "metadata.team": "garden"})
        self.call("GET", f"{path}/metrics")
        self.call("GET", f"{path}/events")
        self.call("GET", f"{path}/events", headers={"Accept": "text/event-stream"})
        report = self.call("GET", f"{path}/report")
        self.call("GET", f"{path}/report", headers={"If-None-Match": report.headers["ETag"]})
        self.download(f"{path}/weights")
        job: dict[str, Any] = current.json()
        return job

    def draw_learning_curve(self, job_id: str) -> None:
        """Start the learning curve of a job, cancel it, finish another one, and delete it."""
        path = f"/v1/jobs/{job_id}/learning-curve"
        self.call("GET", path)
        self.call("POST", path, json={"metric": "rmse"})
        self.call("POST", path, json={"samples": 1}, headers={"Idempotency-Key": "curve-1"})
        self.call("POST", path, json={"samples": 1}, headers={"Idempotency-Key": "curve-1"})
        self.call("POST", path, json={})
        self.call("DELETE", path)
        self.call("POST", f"{path}/cancel")
        self.call("DELETE", path)
        self.call("POST", path, json={"samples": 1})
        self.work()
        self.call("GET", path)

    def control_jobs(self, dataset: str) -> None:
        """Pause, resume, stop, cancel, retry and delete jobs."""
        body = {"dataset_id": dataset.rpartition("/")[2], "target": "kind"}
        path = self.call("POST", "/v1/jobs", json=body).headers["Location"]
        for action in ("pause", "resume", "stop"):
            self.call("POST", f"{path}/{action}")
        self.call("DELETE", path)
        self.call("POST", f"{path}/cancel", headers={"If-Match": '"other"'})
        self.call("POST", f"{path}/cancel", headers={"Idempotency-Key": "cancel-1"})
        self.call("POST", f"{path}/cancel", headers={"Idempotency-Key": "cancel-1"})
        self.call("POST", f"{path}/cancel")
        retried = self.call("POST", f"{path}/retry").headers["Location"]
        self.call("POST", f"{retried}/cancel")
        self.call("DELETE", path, headers={"If-Match": '"other"'})
        self.call("DELETE", path)

    def use_model(self, job: dict[str, Any]) -> None:
        """Read, download and use a model."""
        path = job["links"]["model"]
        self.call("GET", "/v1/models")
        self.call("GET", path)
        self.call("GET", f"{path}/evaluation")
        self.call("GET", f"{path}/contributions")
        card = self.call("GET", f"{path}/card")
        self.call("GET", f"{path}/card", headers={"If-None-Match": card.headers["ETag"]})
        rows = [{"length": 0.4, "width": 2.9, "color": "red"}, {"length": "3.9"}]
        self.call("POST", f"{path}/predictions", json={"rows": rows})
        self.call("POST", f"{path}/predictions", json={"rows": [{"lenght": 1}]})

    def predict_data_set(self, job: dict[str, Any]) -> None:
        """Predict a data set as a batch; follow, download, cancel and delete batches."""
        path = f"{job['links']['model']}/batches"
        body = {"dataset_id": job["dataset_id"], "key_columns": ["length"], "metadata": {"team": "garden"}}
        created = self.call("POST", path, json=body, headers={"Idempotency-Key": "batch-1"})
        self.call("POST", path, json=body, headers={"Idempotency-Key": "batch-1"})
        self.call("POST", path, json={**body, "key_columns": ["lenght"]})
        batch = created.headers["Location"]
        self.call("GET", f"{batch}/content")
        self.call("DELETE", batch)
        other = self.call("POST", path, json={"dataset_id": job["dataset_id"], "format": "parquet"}).headers["Location"]
        self.call("POST", f"{other}/cancel", headers={"If-Match": '"other"'})
        for _ in range(2):
            self.call("POST", f"{other}/cancel", headers={"Idempotency-Key": "cancel-batch-1"})
        self.call("POST", f"{other}/cancel")
        self.work()
        current = self.call("GET", batch, params={"until": "ended"}, headers={"Prefer": "wait=5"})
        self.call("GET", batch, headers={"If-None-Match": current.headers["ETag"]})
        self.call("GET", "/v1/batches", params={"metadata.team": "garden", "state": "succeeded"})
        self.download(f"{batch}/content")
        self.call("DELETE", batch, headers={"If-Match": '"other"'})
        self.call("DELETE", batch)

    def replace_model(self, job: dict[str, Any]) -> None:
        """Compare a model with another one, and move an alias to it."""
        dataset_id, model_id = job["dataset_id"], job["model_id"]
        body = {"dataset_id": dataset_id, "target": "kind", "training": {"epochs": 1}}
        other = self.call("POST", "/v1/jobs", json=body).headers["Location"]
        self.work()
        other_id = self.call("GET", other).json()["model_id"]
        self.call("POST", "/v1/comparisons", json={"dataset_id": dataset_id, "model_ids": [model_id, other_id]})
        self.call("POST", "/v1/comparisons", json={"dataset_id": dataset_id, "model_ids": [model_id, model_id]})
        path = "/v1/aliases/flowers"
        self.call("PUT", path, json={"model_id": model_id}, headers={"If-None-Match": "*"})
        self.call("PUT", path, json={"model_id": other_id}, headers={"If-Match": '"other"'})
        etag = self.call("GET", path).headers["ETag"]
        self.call("PUT", path, json={"model_id": other_id}, headers={"If-Match": etag})
        self.call("GET", "/v1/aliases")
        self.call("POST", f"{path}/predictions", json={"rows": [{"length": 0.4, "color": "red"}]})
        self.call("DELETE", f"/v1/models/{other_id}")
        self.call("DELETE", path, headers={"If-Match": '"other"'})
        self.call("DELETE", path)

    def upload_weights(self, job: dict[str, Any]) -> None:
        """Upload the weights of a model."""
        weights = self.download(f"{job['links']['model']}/weights")
        headers = {"Content-Type": "application/octet-stream"}
        path = self.call("POST", "/v1/weights", content=weights, headers=headers).headers["Location"]
        self.call("POST", "/v1/weights", content=b"no weights", headers=headers)
        self.call("GET", "/v1/weights")
        self.call("GET", path)
        self.call("DELETE", path)

    def misuse(self, dataset: str, job: dict[str, Any]) -> None:
        """Send requests that are wrong in all common ways."""
        for path in ("datasets/ds_", "jobs/job_", "batches/bat_", "models/mdl_", "weights/wts_"):
            self.call("GET", f"/v1/{path}{UNKNOWN}")
            self.call("DELETE", f"/v1/{path}{UNKNOWN}")
        for name in ("datasets", "jobs", "batches", "models", "aliases", "weights"):
            self.call("GET", f"/v1/{name}", params={"cursor": "x"})
            self.call("GET", f"/v1/{name}", params={"limit": 0, "unknown": 1})
        for content in ("{", "[]", "{}", '{"dataset_id": NaN}'):
            self.call("POST", "/v1/jobs", content=content, headers={"Content-Type": "application/json"})
        self.call("POST", "/v1/jobs", content="x")
        self.call(
            "POST",
            "/v1/jobs",
            content=b"{}",
            headers={"Content-Length": "99999999", "Content-Type": "application/json"},
        )
        self.call("POST", "/v1/datasets", content="a\n1\n", headers={"Content-Type": "image/png"})
        self.call("POST", "/v1/datasets", content="a,b\n1\n2,3\n", headers=CSV)
        self.call("POST", "/v1/datasets", content="x", headers={"Content-Type": "multipart/form-data"})
        self.call("GET", f"{job['links']['self']}", headers={"Prefer": "wait=61"})
        self.call("POST", f"{job['links']['self']}/cancel", headers={"Idempotency-Key": ""})
        self.call("GET", dataset, headers={"Authorization": "Bearer wrong"})
        self.call("GET", dataset, headers={"Host": "example.com"})

    def delete(self, dataset: str, job: dict[str, Any]) -> None:
        """Delete what was made."""
        self.call("DELETE", job["links"]["model"])
        self.call("DELETE", job["links"]["self"])
        self.call("DELETE", dataset)

    def administer(self) -> None:
        """Create, read and revoke keys and projects. From the first key on, each request needs one."""
        created = self.call("POST", "/v1/keys", json={"name": "billing", "scopes": ["read", "write", "admin"]})
        self.client.headers["Authorization"] = f"Bearer {created.json()['key']}"
        self.call("GET", "/v1/keys")
        other = self.call("POST", "/v1/keys", json={"name": "reports", "scopes": ["read"]})
        path = other.headers["Location"]
        self.call("GET", path)
        self.call("GET", "/v1/projects", headers={"Authorization": f"Bearer {other.json()['key']}"})
        self.call("POST", f"{path}/revoke")
        self.call("GET", "/v1/jobs", headers={"Authorization": f"Bearer {other.json()['key']}"})
        self.call("DELETE", path)
        project = self.call("POST", "/v1/projects", json={"name": "risk team"}).headers["Location"]
        self.call("GET", "/v1/projects")
        self.call("GET", project)
        self.call("PATCH", project, json={"name": "risk"})
        self.call("PATCH", project, json={"name": "risk"}, headers={"If-Match": '"other"'})
        self.call("DELETE", project)
        self.call("GET", project)
        self.call("GET", "/v1/audit", params={"operation": "create_key"})
        self.call("GET", "/v1/audit", params={"outcome": "x"})
        self.call("GET", "/v1/usage", params={"group": "total"})
        self.call("GET", "/v1/workers")
        deletion = self.call("POST", "/v1/jobs/delete", json={"state": "failed", "metadata": {"team": "risk"}})
        self.call("POST", "/v1/jobs/delete", json={})
        self.call("GET", deletion.headers["Location"])
        self.call("GET", "/v1/deletions")
        self.call("GET", f"/v1/deletions/del_{UNKNOWN}")
        self.call("GET", "/v1/usage", params={"from": "x"})
