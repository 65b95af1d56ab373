"""The texts of the document that belong to no operation."""

from typing import Any

DESCRIPTION = """Train neural networks on business tables over HTTP.

Upload a table, name the column to predict, wait for the job, then ask for predictions or download the weights.

* **Errors** are `application/problem+json` (RFC 9457). Branch on `code`; `errors` lists every problem of a request.
* **Retries** are safe: send an `Idempotency-Key`, and the same request gets the first response again for 24 hours.
* **Waiting**: `Prefer: wait=60` holds the response until something happens. `GET /v1/jobs/{id}/events` is a stream.
* **Lists** are pages, newest first. Repeat the request with `cursor` set to `next_cursor` until that is null.
* **Times** are RFC 3339 in UTC, sizes are bytes, and durations are seconds.
* **HEAD** is answered for every GET, and a slash at the end of a path is ignored."""

SERVERS = [{"url": "/", "description": "This service."}]

SECURITY_SCHEME: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "bp_live_…",
    "description": "An API key, created with `backprop-server key create` (in a checkout: `./dev key create`). While "
    "no key exists, the service listens on loopback addresses only and no key is needed: the header can be left out.",
}

TAGS: list[dict[str, Any]] = [
    {"name": "datasets", "description": "Tables to train on: upload a file, read its profile, download it."},
    {"name": "jobs", "description": "Training jobs: submit, follow and control them."},
    {"name": "models", "description": "Trained models: scores, weights and predictions."},
    {"name": "batches", "description": "Predictions for whole data sets."},
    {"name": "weights", "description": "Uploaded weights that jobs can start from."},
    {"name": "access", "description": "Projects and API keys: who may call, and what belongs together."},
    {"name": "webhooks", "description": "URLs that receive events as signed requests, and the log of deliveries."},
    {"name": "health", "description": "Probes for load balancers and monitoring."},
]
