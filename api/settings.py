"""How large a request body may be."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Settings read from the environment: each field is the variable ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    max_json_bytes: int = Field(default=1 << 20, gt=0, description="Maximum size of a JSON body.")
    max_upload_bytes: int = Field(default=256 << 20, gt=0, description="Maximum size of an uploaded file as sent.")
    max_inflated_bytes: int = Field(
        default=1 << 30, gt=0, description="Maximum size of an uploaded file after decompression."
    )
    max_inflation: int = Field(default=100, gt=1, description="Maximum compression ratio of a gzip body.")


@lru_cache(maxsize=1)
def api_settings() -> ApiSettings:
    """Return the settings of this process, read once."""
    return ApiSettings()
