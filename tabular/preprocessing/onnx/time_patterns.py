"""Texts of one pattern of dates as ONNX nodes. They have the pattern; another one must not reach these nodes."""

from collections.abc import Mapping

import numpy as np

from engine.interchange.onnx.graph import ML, Nodes, Value
from tabular.preprocessing.onnx.calendar import days_of, number_of, quotient, split
from tabular.readers.values.date_patterns import DAY_US, EPOCH, EPOCHS, EXCEL, EXCEL_EPOCH, ISO, TOKENS
from tabular.readers.values.month_names import MONTHS

Fields = dict[str, Value]  # directive -> its number

WIDTHS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%I": 2, "%M": 2, "%S": 2}  # digits without delimiters
READABLE = frozenset({*WIDTHS, "%f", "%p", "%b", "%B", "%a", "%A"})
EXCEL_START = (EXCEL_EPOCH - EPOCH).total_seconds() * 1e6
EXAMPLES = {  # of each directive, and of patterns that have none
    **{directive: "0" * width for directive, width in WIDTHS.items()},
    "%Y": "1970",
    "%m": "01",
    "%d": "01",
    "%f": "0",
    "%p": "AM",
    "%b": "jan",
    "%B": "jan",
    "%a": "Mon",
    "%A": "Monday",
    ISO: "1970-01-01",
    EXCEL: "1",
    **dict.fromkeys(EPOCHS, "0"),
}


def is_readable(pattern: str) -> bool:
    """Return whether a graph can read texts of a pattern."""
    if pattern in EXAMPLES:
        return True
    groups = _groups(pattern)
    adjacent = (group for group, _ in groups if len(group) > 1)
    return all(READABLE.issuperset(group) for group, _ in groups) and all(WIDTHS.keys() >= {*each} for each in adjacent)


def example_of(pattern: str) -> str:
    """Return a text that has the pattern."""
    return EXAMPLES.get(pattern) or "".join(EXAMPLES.get(token, token) for token in TOKENS.findall(pattern))


def add_pattern(nodes: Nodes, text: Value, pattern: str) -> Value:
    """Return microseconds since 1970 UTC, (n, 1) float64, of texts that have the pattern."""
    if pattern == ISO:
        return _add_iso(nodes, text)
    if pattern in EPOCHS:
        return nodes.add("Mul", nodes.add("Cast", text, to="double"), float(EPOCHS[pattern]))
    if pattern == EXCEL:
        return nodes.add("Add", nodes.add("Mul", nodes.add("Cast", text, to="double"), float(DAY_US)), EXCEL_START)
    return _microseconds(nodes, _fields(nodes, text, pattern))


def _fields(nodes: Nodes, text: Value, pattern: str) -> Fields:
    """Return the number of each directive of a pattern."""
    fields: Fields = {}
    for group, delimiter in _groups(pattern):
        part = text
        if delimiter:
            parts, _ = nodes.add_many("StringSplit", [text], 2, delimiter=delimiter, maxsplit=1)
            part, text = (nodes.add("Gather", parts, nodes.integers(place).reshape(()), axis=2) for place in (0, 1))
        fields |= _numbers(nodes, part, group)
    return fields


def _groups(pattern: str) -> list[tuple[list[str], str]]:
    """Return the directives that stand side by side, each group with the delimiter behind it."""
    groups: list[tuple[list[str], str]] = []
    for token in TOKENS.findall(pattern):
        group, delimiter = groups.pop() if groups else ([], "")
        if not token.startswith("%"):
            groups.append((group, delimiter + token))
        elif delimiter:
            groups += [(group, delimiter), ([token], "")]
        else:
            groups.append(([*group, token], ""))
    return groups


def _numbers(nodes: Nodes, text: Value, group: list[str]) -> Fields:
    """Return the numbers of directives side by side, the last one first."""
    match group:
        case [] | ["%a" | "%A"]:
            return {}
        case ["%b" | "%B"]:
            names = {f"{name}{end}": number for name, number in MONTHS.items() for end in ("", ".")}
            return {"%m": _lookup(nodes, text, names)}
        case ["%p"]:
            return {"%p": _lookup(nodes, text, {"pm": 12})}
        case ["%f"]:
            return {"%f": nodes.add("Cast", nodes.add("StringConcat", nodes.text("0."), text), to="double")}
    fields, rest = Fields(), number_of(nodes, text)
    for directive in reversed(group[1:]):
        size = float(10 ** WIDTHS[directive])
        before = quotient(nodes, rest, size)
        fields[directive] = nodes.add("Sub", rest, nodes.add("Mul", before, size))
        rest = before
    return fields | {group[0]: rest}


def _lookup(nodes: Nodes, text: Value, numbers: Mapping[str, int]) -> Value:
    """Return the number of each text in any case, 0 for others."""
    spelled = {
        variant: number for word, number in numbers.items() for variant in (word, word.upper(), word.capitalize())
    }
    found = nodes.add(
        "LabelEncoder",
        text,
        domain=ML,
        keys_tensor=np.array(list(spelled), np.object_),
        values_tensor=np.array(list(spelled.values()), np.int64),
        default_tensor=np.zeros(1, np.int64),
    )
    return nodes.add("Cast", found, to="double")


def _microseconds(nodes: Nodes, fields: Fields) -> Value:
    year, hour = fields.get("%Y"), fields.get("%H")
    if year is None and "%y" in fields:
        short = fields["%y"]
        century = nodes.add("Where", nodes.add("Less", short, 69.0), 2000.0, 1900.0)
        year = nodes.add("Add", short, century)
    if hour is None and "%I" in fields:
        twelve = nodes.add("Mod", fields["%I"], 12.0, fmod=1)
        hour = nodes.add("Add", twelve, fields["%p"]) if "%p" in fields else twelve
    days = None
    if year is not None:
        days = days_of(nodes, year, *(fields.get(name, nodes.constant(1.0)) for name in ("%m", "%d")))
    parts = [(days, float(DAY_US)), (hour, 3_600e6), (fields.get("%M"), 60e6)]
    parts += [(fields.get(name), 1e6) for name in ("%S", "%f")]
    return nodes.total(*(nodes.add("Mul", value, unit) for value, unit in parts if value is not None))


def _add_iso(nodes: Nodes, text: Value) -> Value:
    """Return the microseconds of "2026-01-31", "2026-01-31T12:30:05.25Z", "2026-01-31 12:30 +02:00" and the like."""
    first, second, third = split(nodes, text, " ", 3)
    date, *after = split(nodes, first, "T", 3)  # the T of UTC, too
    time = after[0]
    for part in (after[1], second, third):
        time = nodes.add("StringConcat", time, part)
    for name in "ZUG":
        time = split(nodes, time, name, 2)[0]
    clock, east = split(nodes, time, "+", 2)
    clock, west = split(nodes, clock, "-", 2)
    year, month, day = (number_of(nodes, part) for part in split(nodes, date, "-", 3))
    hour, minute, second_ = (number_of(nodes, part) for part in split(nodes, clock, ":", 3))
    offset = nodes.add("Sub", _zone_minutes(nodes, east), _zone_minutes(nodes, west))
    terms = [(days_of(nodes, year, month, day), float(DAY_US)), (hour, 3_600e6), (minute, 60e6), (second_, 1e6)]
    local = nodes.total(*(nodes.add("Mul", value, unit) for value, unit in terms))
    return nodes.add("Sub", local, nodes.add("Mul", offset, 60e6))


def _zone_minutes(nodes: Nodes, zone: Value) -> Value:
    """Return the minutes of "02:00", "0200" or "02"; 0 of an empty text."""
    hours, minutes = (number_of(nodes, part) for part in split(nodes, zone, ":", 2))
    whole = quotient(nodes, hours, 100.0)
    rest = nodes.add("Sub", hours, nodes.add("Mul", whole, 100.0))
    joined = nodes.add("Add", nodes.add("Mul", whole, 60.0), rest)
    apart = nodes.add("Add", nodes.add("Mul", hours, 60.0), minutes)
    return nodes.add("Where", nodes.add("Less", hours, 100.0), apart, joined)
