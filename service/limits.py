"""How much a job and a project may use."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceLimits(BaseSettings):
    """Limits read from the environment: each field is the variable ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    max_job_bytes: int = Field(default=2 << 30, gt=0, description="Maximum memory that training a job may need.")
    max_parameters: int = Field(default=20_000_000, gt=0, description="Maximum number of parameters of a network.")
    max_project_bytes: int = Field(
        default=5 << 30, gt=0, description="Maximum size of all uploads and results of batches of a project."
    )
    max_project_queued: int = Field(
        default=100, gt=0, description="Maximum number of queued jobs and batches of a project."
    )
    max_project_waiting: int = Field(
        default=1_000,
        gt=0,
        description="Maximum number of event streams and long polls that a project may keep open. "
        "Each API process enforces its part.",
    )
    max_project_webhooks: int = Field(default=5, ge=0, description="Maximum number of webhooks of a project.")
    max_project_uploads: int = Field(
        default=20, gt=0, description="Maximum number of resumable uploads of a project that are not finished."
    )
    max_dataset_rows: int = Field(default=5_000_000, gt=0, description="Maximum number of rows of a data set.")
    max_dataset_cells: int = Field(
        default=200_000_000, gt=0, description="Maximum number of rows times columns of a data set."
    )
    max_reading_seconds: float = Field(
        default=120.0, gt=0, description="Seconds after which reading an uploaded file is given up."
    )
    max_queued: int = Field(default=10_000, gt=0, description="Maximum number of queued jobs of all projects.")
    upload_seconds: int = Field(
        default=86_400, gt=0, description="Seconds after its last bytes until a resumable upload expires."
    )


@lru_cache(maxsize=1)
def service_limits() -> ServiceLimits:
    """Return the limits of this process, read once."""
    return ServiceLimits()
