"""API keys as requests and responses show them."""

from typing import Annotated, Literal

from pydantic import Field

from api.http.requests.list_filters import Timestamp
from api.http.schemas import RequestBody, View
from service.fields import Name
from store.accounts.keys import KeyInfo
from store.clock import rfc3339

Scope = Literal["read", "write", "admin"]
SCOPES_MEANING = (
    "What the key permits: `read` (get, list, predict), `write` (create, change, delete), "
    "`admin` (projects, keys, workers, audit log)."
)


class KeyBody(RequestBody):
    """A new API key."""

    name: Name = Field(examples=["billing"])
    project_id: Annotated[str | None, Field(description="Default: the project of your own key.")] = None
    scopes: list[Scope] = Field(
        default=["read", "write"], min_length=1, max_length=3, description=SCOPES_MEANING, examples=[["read"]]
    )
    expires_at: Annotated[Timestamp | None, Field(description="From this time on, the key is rejected.")] = None


class KeyView(View):
    """An API key without its secret text."""

    id: str = Field(examples=["key_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    name: str
    project_id: str
    scopes: list[Scope] = Field(description=SCOPES_MEANING)
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None = Field(description="Accurate to about a minute.")

    @classmethod
    def of(cls, key: KeyInfo) -> "KeyView":
        """Return the view of a stored key."""
        times = ("created_at", "expires_at", "revoked_at", "last_used_at")
        return cls.model_validate(
            {
                "id": key.id,
                "name": key.name,
                "project_id": key.project,
                "scopes": list(key.scopes),
                **{name: _time(getattr(key, name)) for name in times},
            }
        )


class CreatedKeyView(KeyView):
    """A new API key with its secret text."""

    key: str | None = Field(
        default=None,
        description="The text to send as `Authorization: Bearer …`. It is shown in this response only; a response "
        "that is repeated for an Idempotency-Key has null.",
        examples=["bp_live_…"],
    )


def etag_of_key(key: KeyInfo) -> str:
    """Return the ETag of a key, which changes when it is revoked."""
    return f'"{key.id}-{"revoked" if key.revoked_at else "valid"}"'


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
