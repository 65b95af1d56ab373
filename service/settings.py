"""Settings of the service: database, broker, files, and the intervals of the job protocol."""

import os
import secrets
from functools import lru_cache
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

BLOB_SCHEMES = ("s3://", "gs://", "az://")


class Settings(BaseSettings):
    """Settings read from the environment: each field is the variable ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    data: Path = Field(
        default=Path("data"), description="Folder of the embedded database and broker, and of uploads in progress."
    )
    database_url: str = Field(
        default="",
        description="URL of the database, such as `postgresql://USER:PASSWORD@HOST/NAME`. "
        "Empty: an SQLite file in `BACKPROP_DATA`.",
    )
    blob_url: str = Field(
        default="",
        description="Bucket and folder in object storage for the bytes of data sets, weights, checkpoints and results, "
        "such as `s3://BUCKET/FOLDER`. Empty: in the database. See [object storage](operations.md#object-storage).",
    )
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", description="URL of Redis or Valkey, for notifications.")
    broker_url: str = Field(default="", description="URL of the Celery broker. Empty: `BACKPROP_REDIS_URL`.")
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Secret with which API keys are hashed and secrets of webhooks are encrypted. "
        "Empty: created and stored in `BACKPROP_DATA`.",
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="An API key that the migrations make valid.")
    lease_seconds: float = Field(
        default=30.0, gt=0, description="Seconds without a heartbeat after which a worker loses its job."
    )
    heartbeat_seconds: float = Field(default=5.0, gt=0, description="Seconds between two heartbeats of a worker.")
    record_seconds: float = Field(
        default=0.5, gt=0, description="Minimum seconds between two writes of a job's metrics."
    )
    notification_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds without a notification, while jobs are queued, after which a worker restarts.",
    )
    reconcile_seconds: float = Field(default=5.0, gt=0, description="Seconds between two rounds of the scheduler.")
    worker_memory_bytes: int = Field(default=4 << 30, gt=0, description="Maximum memory of a training process.")
    audit_days: int = Field(default=365, ge=0, description="Days to keep entries of the audit log. 0: for ever.")
    retention_days: int = Field(
        default=0,
        ge=0,
        description="Days after which ended jobs are erased with their models, unless their project has its own "
        "`retention_days`. 0: never.",
    )
    running_share: int = Field(
        default=2,
        ge=1,
        description="Number of jobs that a project may run at a time while other projects have queued jobs.",
    )
    fingerprint_wait_seconds: float = Field(
        default=60.0,
        ge=0,
        description="Seconds that a job with a checkpoint waits for a worker that gives bit-identical results.",
    )
    max_attempts: int = Field(
        default=3, ge=1, description="Number of workers that may crash while running a job before it fails."
    )
    price_per_cpu_hour: float = Field(
        default=0.0,
        ge=0,
        description="What an hour of one processor core costs. Estimates and jobs then have a `cost`. 0: no price.",
    )
    currency: str = Field(
        default="USD", min_length=1, max_length=12, description="The currency of `BACKPROP_PRICE_PER_CPU_HOUR`."
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="A bearer token for `GET /metrics`, besides keys with the scope `admin`."
    )
    mpi_hostfile: str = Field(
        default="",
        description="Path of a host file for `mpiexec`: the hosts on which the processes of a job run. "
        "Empty: all run on the host of the worker.",
    )
    mpi_options: str = Field(
        default="", description="Further arguments for `mpiexec`, separated by spaces, such as `-launcher ssh`."
    )
    webhook_allow_networks: str = Field(
        default="",
        description="Networks that webhooks may reach besides public addresses, separated by commas, "
        "such as `10.20.0.0/16`.",
    )
    webhook_allow_http: bool = Field(
        default=False, description="Whether webhooks may use http:// in `BACKPROP_WEBHOOK_ALLOW_NETWORKS`."
    )
    webhook_timeout_seconds: float = Field(default=15.0, gt=0, description="Maximum duration of a webhook delivery.")
    webhook_concurrency: int = Field(
        default=64, gt=0, description="Maximum number of webhook deliveries at the same time in a scheduler."
    )
    webhook_delivery_days: float = Field(
        default=30.0, gt=0, description="Days for which deliveries of webhooks can be listed and replayed."
    )

    @field_validator("blob_url")
    @classmethod
    def _blob_url(cls, url: str) -> str:
        if url and not url.startswith(BLOB_SCHEMES):
            raise ValueError(f"Use a URL that begins with {', '.join(BLOB_SCHEMES)}, such as s3://BUCKET/FOLDER.")
        if url and find_spec("obstore") is None:
            raise ValueError("Object storage needs a package: pip install 'backprop-server[objects]'.")
        return url

    @field_validator("webhook_allow_networks")
    @classmethod
    def _networks(cls, text: str) -> str:
        for each in filter(str.strip, text.split(",")):
            ip_network(each.strip())
        return text

    @property
    def database(self) -> str:
        """Return the database URL, or its default."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'backprop.sqlite3'}"

    @property
    def broker(self) -> str:
        """Return the URL of the Celery broker, or its default."""
        return self.broker_url or celery_url(self.redis_url)

    def secret(self) -> bytes:
        """Return the secret key of the service; create it in `data` unless it is set."""
        return self.secret_key.get_secret_value().encode() or _kept_secret(self.data / "secret.key")


def celery_url(redis_url: str) -> str:
    """Return the URL as Celery spells it: a Unix socket is ``redis+socket://`` there, ``unix://`` in redis-py."""
    return "redis+socket://" + redis_url.removeprefix("unix://") if redis_url.startswith("unix://") else redis_url


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    return path.read_bytes()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
