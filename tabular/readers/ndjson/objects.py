"""Parse the lines of an NDJSON file, and explain every line that is not a flat JSON object."""

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabular.errors import MAX_PROBLEMS, InvalidDataset, OverLimit, Problem
from tabular.limits import Limits

BOM = b"\xef\xbb\xbf"
MAX_SHOWN = 80  # characters of a line in an error
FIX = 'Write one JSON object per line, such as {"age": 39, "job": null}.'
Object = dict[str, Any]


class _Refused(ValueError):
    """The line is not accepted. The message is a sentence."""


@dataclass(slots=True)
class Lines:
    """The objects of a file, and on which line each of them is."""

    source: Path
    limits: Limits
    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    problems: list[Problem] = field(default_factory=list)

    def objects(self) -> Iterator[tuple[Object, int]]:
        """Yield each object with the number of bytes of its line. Raises `InvalidDataset` at the end."""
        with self.source.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(self.limits.line_bytes + 1), b""), 1):
                if number == 1:
                    line = line.removeprefix(BOM)  # noqa: PLW2901 - the mark is no part of the text
                if not line.strip():
                    continue
                if len(self.numbers) >= self.limits.rows:
                    raise OverLimit("rows", self.limits.rows, len(self.numbers) + 1)
                try:
                    found = _object(line, self.limits)
                except _Refused as error:
                    self._add(number, line, str(error))
                    continue
                self.numbers.append(number)
                yield found, len(line)
        if self.problems:
            raise InvalidDataset(self.problems)

    def _add(self, number: int, line: bytes, detail: str) -> None:
        shown = line[: 4 * MAX_SHOWN].decode("utf-8", "backslashreplace").strip()[:MAX_SHOWN].replace("\0", "\ufffd")
        self.problems.append(Problem(detail=detail, line=number, value=shown, fix=FIX))
        too_long = len(line) > self.limits.line_bytes
        if len(self.problems) == MAX_PROBLEMS or too_long or (number == 1 and line.lstrip().startswith(b"[")):
            raise InvalidDataset(self.problems)


def _object(line: bytes, limits: Limits) -> Object:
    if len(line) > limits.line_bytes:
        raise _Refused(f"The line is longer than {limits.line_bytes:,} bytes.")
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise _Refused("The line is not valid UTF-8.") from None
    except json.JSONDecodeError as error:
        raise _Refused(f"The line is not valid JSON: {error.msg} at character {error.pos + 1}.") from None
    except RecursionError:
        raise _Refused("The line is nested too deeply.") from None
    except _Refused:
        raise
    except ValueError:
        raise _Refused("The line has a number with too many digits.") from None
    if not isinstance(found, dict):
        raise _Refused(f"The line is a JSON {_kind(found)}, not an object.")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"The line has the key {repeated[:MAX_SHOWN]!r} twice.")
    return found


def _refuse_constant(name: str) -> Any:
    raise _Refused(f"{name} is not valid JSON; write null for a missing value.")


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "array"
    return "null" if value is None else "string" if isinstance(value, str) else "value"
