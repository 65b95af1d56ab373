"""Where the service's database, broker and files are, and the times its job protocol keeps."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment, each field as ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    data: Path = Field(default=Path("data"), description="Folder of the embedded database, broker and uploads.")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: an SQLite file in `data`.")
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", description="Redis or Valkey: wake-ups.")
    broker_url: str = Field(default="", description="Celery broker; empty: the Redis URL.")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Secret under which API keys are hashed; empty: one kept in `data`."
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="A key that migrating makes valid.")
    lease_seconds: float = Field(default=30.0, gt=0, description="A worker silent for so long has lost its job.")
    heartbeat_seconds: float = Field(default=5.0, gt=0, description="A worker speaks up at least so often.")
    record_seconds: float = Field(default=0.5, gt=0, description="Metrics are written at most so often.")
    notification_timeout_seconds: float = Field(
        default=60.0, gt=0, description="A worker that hears no bell for so long while jobs wait begins anew."
    )
    reconcile_seconds: float = Field(default=5.0, gt=0, description="Pause between two rounds of the scheduler.")
    worker_memory_bytes: int = Field(default=4 << 30, gt=0, description="Memory that a training process may take.")
    running_share: int = Field(default=2, ge=1, description="Jobs that a project may run while others wait.")
    fingerprint_wait_seconds: float = Field(
        default=60.0,
        ge=0,
        description="A job that goes on from a checkpoint waits so long for a live worker that computes the same bits.",
    )
    max_attempts: int = Field(default=3, ge=1, description="Workers a job may lose before it fails.")

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'backprop.sqlite3'}"

    @property
    def broker(self) -> str:
        """The Celery broker URL in force."""
        return self.broker_url or celery_url(self.redis_url)

    def secret(self) -> bytes:
        """The secret under which API keys are hashed, made and kept in `data` unless one is given."""
        return self.secret_key.get_secret_value().encode() or _kept_secret(self.data / "secret.key")


def celery_url(redis_url: str) -> str:
    """The same server in Celery's spelling: a Unix socket is ``redis+socket://`` there, ``unix://`` in redis-py."""
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
    """The settings of this process, read once."""
    return Settings()
