"""What a job would be and cost, before it is submitted."""

from typing import Any

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class JobEstimate(Record):
    """A valid request with every default filled in, and its cost."""

    spec: dict[str, Any]
    estimate: dict[str, Any]
    warnings: list[ServiceWarning]
