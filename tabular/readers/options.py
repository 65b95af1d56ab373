"""What the sender of a file can say about how to read it."""

from dataclasses import dataclass, field

from tabular.profile import COLUMN_TYPES

MISSING = ("", "?", "NA", "N/A", "NaN", "null", "NULL")
HEADERS = ("auto", "true", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the sender knows about the file. What is not given is detected.

    delimiter: one character; None detects comma, semicolon, tab or bar.
    header: "auto", "true" or "false".
    missing: spellings that mean "no value". An empty cell always does.
    types: column name to type, for columns whose type must not be detected.
    """

    delimiter: str | None = None
    header: str = "auto"
    missing: tuple[str, ...] = MISSING
    types: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError with a sentence for the sender."""
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise ValueError("delimiter is one character, such as a comma, a semicolon or a tab")
        if self.header not in HEADERS:
            raise ValueError("header is auto, true or false")
        for name, kind in self.types.items():
            if kind not in COLUMN_TYPES:
                raise ValueError(f"types: {name!r} is given the type {kind!r}; use one of {', '.join(COLUMN_TYPES)}")
