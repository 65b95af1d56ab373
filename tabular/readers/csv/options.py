"""How a CSV file is to be read, and how large it may be."""

from dataclasses import dataclass, field

MISSING = ("", "?", "NA", "N/A", "NaN", "null", "NULL")
TYPES = ("number", "category", "boolean", "datetime", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """What the sender knows about the file; the defaults find it out.

    `delimiter` None: found among comma, semicolon, tab and bar. `header`: "auto", "true" or "false".
    `missing`: cells that stand for no value (an empty cell always does).
    `types`: column name to type, for columns whose type is not to be found out.
    """

    delimiter: str | None = None
    header: str = "auto"
    missing: tuple[str, ...] = MISSING
    types: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError with a sentence for the sender."""
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise ValueError("delimiter is one character, such as , or ; or a tab")
        if self.header not in {"auto", "true", "false"}:
            raise ValueError("header is auto, true or false")
        for name, kind in self.types.items():
            if kind not in TYPES:
                raise ValueError(f"types: {name!r} cannot be {kind!r}; a type is one of {', '.join(TYPES)}")
