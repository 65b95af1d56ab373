"""Replace the numbers that JSON does not have."""

import math
from typing import Any


def finite(value: Any) -> Any:
    """Return JSON values with None in place of NaN and infinities."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {name: finite(each) for name, each in value.items()}
        case list() | tuple():
            return [finite(each) for each in value]
    return value
