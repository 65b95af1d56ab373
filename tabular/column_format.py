"""How values are written in a file: stored with the profile and with models, applied to prediction rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BLANK = (  # removed from both ends of every name and value
    " \t\r\n\x0b\x0c\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f"
    "\u3000\ufeff\u200c\u200d\u200e\u200f\u2060"
)

FAMILIES = (  # words for yes and no, by language
    ("true t", "false f"), ("yes y", "no n"), ("on", "off"), ("ja j", "nein n"), ("ja", "nee nej nei"),
    ("oui", "non"), ("s\u00ed si s", "no n"), ("sim s", "n\u00e3o nao n"), ("tak", "nie"), ("ano", "ne"),
    ("igen", "nem"), ("kyll\u00e4", "ei"), ("evet", "hay\u0131r hayir"), ("\u0434\u0430", "\u043d\u0435\u0442"),
    ("vrai", "faux"), ("wahr", "falsch"), ("verdadero", "falso"), ("vero", "falso"), ("verdadeiro", "falso"),
    ("waar", "onwaar"), ("\u306f\u3044", "\u3044\u3044\u3048"), ("\u662f", "\u5426"),
)  # fmt: skip
TRUE = frozenset(word for true, _ in FAMILIES for word in true.split())
FALSE = frozenset(word for _, false in FAMILIES for word in false.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFormat:
    """How the values of one column are written. What does not apply to its type is left out.

    decimal, thousands: separators in numbers.
    unit: the text before or after each number, such as $ or % or kg.
    negative: the text behind negative numbers: a word such as CR, or a minus sign.
    magnitudes: whether K, M and B behind numbers mean thousands, millions and billions.
    clock: whether numbers are durations such as 36:15:00, in their smallest part.
    dates: the patterns of dates, as in `strptime`, or `iso`.
    true, false: the labels that stand for any spelling of a boolean.
    missing: spellings that mean "no value" in this column only.
    """

    decimal: str | None = None
    thousands: str | None = None
    unit: str | None = None
    negative: str | None = None
    magnitudes: bool = False
    clock: bool = False
    dates: tuple[str, ...] = ()
    true: str | None = None
    false: str | None = None
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what is set, as JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ColumnFormat":
        """Read what `to_json` returned."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """How a file was read. What does not apply to its format is None.

    missing: spellings that mean "no value" in every column.
    shape: of the array `x` of an NPZ file.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    skipped_lines: int | None = None
    missing: tuple[str, ...]
    shape: tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is set, as JSON values."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FileReading":
        """Read what `to_json` returned."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)
