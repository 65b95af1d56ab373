"""What the HTTP surface allows."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Read from the environment, each field as ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    max_json_bytes: int = Field(default=1 << 20, gt=0, description="Size of a JSON body.")
    max_upload_bytes: int = Field(default=256 << 20, gt=0, description="Size of an uploaded file as sent.")
    max_inflated_bytes: int = Field(default=1 << 30, gt=0, description="Size of an uploaded file when inflated.")
    max_inflation: int = Field(default=100, gt=1, description="How many times its size a gzip body may inflate to.")
    max_job_bytes: int = Field(default=2 << 30, gt=0, description="Memory that training a job may need.")
    max_parameters: int = Field(default=20_000_000, gt=0, description="Weights and biases that a network may have.")
    max_project_bytes: int = Field(default=5 << 30, gt=0, description="Size of all that a project has uploaded.")
    max_project_queued: int = Field(default=100, gt=0, description="Jobs of a project that may wait.")
    max_queued: int = Field(default=10_000, gt=0, description="Jobs that may wait in all.")


@lru_cache(maxsize=1)
def api_settings() -> ApiSettings:
    """The settings of this process, read once."""
    return ApiSettings()
