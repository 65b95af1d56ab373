"""/metrics: the counts of all processes, for callers who may see the whole service."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from messaging import shared_counters
from messaging.channels import redis_client
from messaging.shared_counters import PROCESSES, SharedCounters
from service.metrics.definitions import COUNTERS, EPOCHS, HISTOGRAMS, PREFIX
from service.metrics.recorder import MetricsRecorder
from service.settings import Settings
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.database import open_database, open_sessions
from store.db.transaction import transaction
from tests.support.project import ROOT
from tests.support.tables import flowers


def scrape(client: TestClient, **headers: str) -> dict[str, float]:
    """Return the samples by name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_job_leaves_its_traces_in_the_metrics(
    client: TestClient, work: Callable[[], None], dataset: dict[str, Any]
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 3}}
    job = client.post("/v1/jobs", json=body).json()
    assert scrape(client)["backprop_jobs queued"] == 1
    work()
    model = client.get(job["links"]["self"]).json()["links"]["model"]
    client.post(f"{model}/predictions", json={"rows": [{"color": "red"}] * 2})
    client.get("/v1/jobs/job_1")
    client.get("/nowhere/17")
    samples = scrape(client)
    assert samples["backprop_jobs_finished_total succeeded"] == 1
    assert samples["backprop_job_claims_total"] == 1
    assert samples["backprop_prediction_rows_total"] == 2
    assert samples["backprop_prediction_duration_seconds_count"] == 1
    assert samples["backprop_upload_bytes_total"] == len(flowers())
    assert samples["backprop_http_requests_total GET /v1/jobs/{job_id} 404"] == 1
    assert samples["backprop_http_requests_total GET other 404"] == 1
    assert samples["backprop_http_requests_total POST /v1/models/{model_id}/predictions 200"] == 1
    assert samples["backprop_http_request_duration_seconds_count POST /v1/jobs"] == 1
    assert samples["backprop_broker_up"] == samples["backprop_database_up"] == 1
    assert any(name.startswith("backprop_process_resident") and name.endswith(" api") for name in samples)


def test_counts_of_other_processes_are_added_and_dead_ones_forgotten(client: TestClient, settings: Settings) -> None:
    scrape(client)
    worker = MetricsRecorder(SharedCounters(settings.redis_url))
    worker.count(EPOCHS, amount=7)
    worker.flush()  # and then the process is killed
    redis = redis_client(settings.redis_url)
    redis.hset(PROCESSES, "worker here:1", json.dumps({"at": time.time() - 60, "cpu": 1, "resident": 1}))
    redis.hset(PROCESSES, "worker here:2", json.dumps({"at": time.time(), "cpu": 1, "resident": 5}))
    samples = scrape(client)
    assert samples["backprop_epochs_total"] == 7
    assert samples["backprop_process_resident_memory_bytes here:2 worker"] == 5
    assert "backprop_process_resident_memory_bytes here:1 worker" not in samples
    assert not redis.hexists(PROCESSES, "worker here:1")
    worker.close()
    redis.close()


def test_without_a_broker_the_counts_of_this_process_are_kept(settings: Settings) -> None:
    away = Settings(data=settings.data, database_url=settings.database_url, redis_url="redis://127.0.0.1:1/0")
    with TestClient(create_app(away), base_url="http://localhost") as client:
        client.get("/v1/jobs")
        samples = scrape(client)
    assert samples["backprop_broker_up"] == 0
    assert samples["backprop_http_requests_total GET /v1/jobs 200"] == 1


def test_clients_cannot_add_series(client: TestClient, settings: Settings) -> None:
    for number in range(30):
        client.request(f"M{number}", f"/v1/jobs/{number}", headers={"X-Request-Id": str(number)})
    scrape(client)
    redis = redis_client(settings.redis_url)
    assert len(redis.hkeys(shared_counters.COUNTERS)) < 20
    redis.close()


def test_metrics_need_the_scope_admin_or_the_token(settings: Settings) -> None:
    own = settings.model_copy(update={"metrics_token": type(settings.metrics_token)("scrape-me-please")})
    engine = open_database(settings.database)
    with transaction(open_sessions(engine)) as tx:
        for name, scopes in (("reader", ("read",)), ("admin", ("read", "admin"))):
            keys.add(tx, f"bp_live_{name}_0123456789", own.secret(), KeyGrant(name=name, scopes=scopes))
    engine.dispose()
    with TestClient(create_app(own), base_url="http://localhost") as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": "Bearer bp_live_reader_0123456789"}).status_code == 403
        for token in ("bp_live_admin_0123456789", "scrape-me-please"):
            scrape(client, Authorization=f"Bearer {token}")


def test_the_dashboard_and_the_alerts_use_metrics_that_exist(client: TestClient) -> None:
    families = text_string_to_metric_families(client.get("/metrics").text)
    exported = {PREFIX + each.name + ending for each in COUNTERS for ending in ("_total",)}
    exported |= {PREFIX + each.name + ending for each in HISTOGRAMS for ending in ("_bucket", "_sum", "_count")}
    exported |= {family.name if family.type == "gauge" else family.name + "_total" for family in families}
    dashboard = json.loads((ROOT / "examples" / "grafana" / "backprop.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    alerts = re.findall(r"expr: (.*)", (ROOT / "examples" / "prometheus" / "alerts.yml").read_text())
    used = {name for text in (*expressions, *alerts) for name in re.findall(r"backprop_\w+", text)}
    assert len(used) > 20
    assert used - exported == set()
    assert {PREFIX + each.name + "_total" for each in COUNTERS} - used == set()
