"""Limits of requests and connections."""

import ipaddress
import re
from functools import lru_cache

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")  # links can begin with it


class ApiSettings(BaseSettings):
    """Settings read from the environment: each field is the variable ``BACKPROP_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="BACKPROP_", frozen=True)

    max_json_bytes: int = Field(default=1 << 20, gt=0, description="Maximum size of a JSON body.")
    max_prediction_bytes: int = Field(default=32 << 20, gt=0, description="Maximum size of the rows to predict.")
    max_upload_bytes: int = Field(default=256 << 20, gt=0, description="Maximum size of an uploaded file as sent.")
    max_inflated_bytes: int = Field(
        default=1 << 30, gt=0, description="Maximum size of an uploaded file after decompression."
    )
    max_header_bytes: int = Field(default=16_384, gt=0, description="Maximum size of a request line with its headers.")
    max_header_seconds: float = Field(default=10, gt=0, description="How long a client may take to send the headers.")
    body_grace_seconds: float = Field(
        default=10, gt=0, description="How long a body may arrive before its speed is checked."
    )
    min_body_bytes_per_second: int = Field(
        default=65_536, ge=0, description="Minimum speed of a body that has not arrived when the grace period ends."
    )
    max_sockets_per_address: int = Field(
        default=1000, gt=0, description="Maximum number of open connections of one client address."
    )
    api_processes: int = Field(
        default=1, ge=1, le=64, description="Number of API processes that share the port and the limits of connections."
    )
    project_requests_per_second: float = Field(
        default=20, ge=0, description="Requests per second that all keys of a project may send together. 0: no limit."
    )
    project_request_burst: int = Field(
        default=100, gt=0, description="Requests that a project may send at once after a pause."
    )
    bad_keys_per_minute: int = Field(
        default=10, ge=0, description="Invalid API keys per minute that are accepted from one address. 0: no limit."
    )
    max_inflation: int = Field(default=100, gt=1, description="Maximum compression ratio of a gzip body.")
    trusted_proxies: str = Field(
        default="",
        description="Comma-separated addresses and networks of proxies whose `Forwarded`, `X-Forwarded-For` and "
        "`X-Forwarded-Prefix` headers are used. Those of others are ignored.",
    )
    root_path: str = Field(
        default="",
        description="Path under which a proxy serves the API, such as `/ml`, if it does not send `X-Forwarded-Prefix`.",
    )

    @property
    def is_behind_proxy(self) -> bool:
        """Return whether a proxy is configured."""
        return bool(self.trusted_proxies or self.root_path)

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, text: str) -> str:
        for each in filter(None, (part.strip() for part in text.split(","))):
            ipaddress.ip_network(each, strict=False)
        return text

    @field_validator("root_path")
    @classmethod
    def _check_path(cls, path: str) -> str:
        if path and not PATH.fullmatch(path):
            raise ValueError("Write a path such as /ml, without a slash at the end.")
        return path

    def share(self, limit: int) -> int:
        """Return the part of a limit of connections that each API process enforces by itself."""
        return -(-limit // self.api_processes)


@lru_cache(maxsize=1)
def api_settings() -> ApiSettings:
    """Return the settings of this process, read once."""
    return ApiSettings()
