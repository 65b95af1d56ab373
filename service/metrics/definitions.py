"""The counters and histograms of the service. Each label has few values, whatever clients send."""

from dataclasses import dataclass

PREFIX = "backprop_"
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
DELIVERY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that only grows."""

    name: str  # without prefix and ending
    text: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values occurred, by upper bound."""

    name: str
    text: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]


HTTP_REQUESTS = Counter("http_requests", "HTTP requests by route and status.", ("method", "route", "status"))
HTTP_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time until the response to an HTTP request began, without polls answered from memory and requests that wait.",
    ("method", "route"),
    REQUEST_SECONDS,
)
UPLOAD_BYTES = Counter("upload_bytes", "Bytes of uploaded files that were stored.")
PREDICTION_ROWS = Counter("prediction_rows", "Rows that models predicted.")
PREDICTION_SECONDS = Histogram(
    "prediction_duration_seconds", "Time to predict the rows of a request.", (), REQUEST_SECONDS
)
JOB_CLAIMS = Counter("job_claims", "Attempts at jobs that workers started.")
JOB_RETRIES = Counter("job_retries", "Attempts that followed the loss of a worker.")
JOBS_FINISHED = Counter("jobs_finished", "Jobs that ended, by outcome.", ("outcome",))
LEASES_LOST = Counter("leases_lost", "Jobs that were taken from workers that stopped sending heartbeats.")
ATTEMPTS_ABANDONED = Counter("attempts_abandoned", "Attempts that a worker gave up because it had lost the job.")
TRAINING_SECONDS = Counter("training_seconds", "Time that workers spent on jobs.")
EPOCHS = Counter("epochs", "Epochs that workers finished.")
WEBHOOK_ATTEMPTS = Counter("webhook_attempts", "Attempts to deliver webhooks, by result.", ("result",))
WEBHOOK_SECONDS = Histogram("webhook_duration_seconds", "Duration of webhook attempts.", (), DELIVERY_SECONDS)

COUNTERS = (
    HTTP_REQUESTS,
    UPLOAD_BYTES,
    PREDICTION_ROWS,
    JOB_CLAIMS,
    JOB_RETRIES,
    JOBS_FINISHED,
    LEASES_LOST,
    ATTEMPTS_ABANDONED,
    TRAINING_SECONDS,
    EPOCHS,
    WEBHOOK_ATTEMPTS,
)
HISTOGRAMS = (HTTP_SECONDS, PREDICTION_SECONDS, WEBHOOK_SECONDS)
