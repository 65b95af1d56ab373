"""What the sender of a table wants: its name, how to read it, its metadata and its time to live."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tabular.readers.options import ReadOptions

MAX_TTL_SECONDS = 315_360_000  # ten years


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRequest:
    """The parameters of an upload, besides the file. `name`: None for the name of the file."""

    name: str | None = None
    options: ReadOptions = field(default_factory=ReadOptions)
    metadata: dict[str, str] = field(default_factory=dict)
    ttl_seconds: int | None = None

    def with_options(self, options: ReadOptions) -> "DatasetRequest":
        """Return the same request with other reading options."""
        return replace(self, options=options)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "DatasetRequest":
        """Read what `to_json` returned, also after it was stored."""
        options = {**data["options"], "missing": tuple(data["options"]["missing"])}
        return cls(**{**data, "options": ReadOptions(**options)})
