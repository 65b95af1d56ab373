"""Match the keys of rows sent for prediction to the columns of a data set."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.errors import PointedProblem
from tabular.readers.values.cleaning import clean

Row = Mapping[str, Any]
MAX_COMPARED = 500  # names that are compared with a misspelled one
MAX_SUGGESTIONS = 20  # misspelled keys for which a name is suggested; the search is slow
MAX_SHOWN_NAMES = 10


def match_keys(
    rows: Sequence[Row], needed: Collection[str], known: Collection[str] | None, problems: list[PointedProblem]
) -> list[Row]:
    """Return the rows with cleaned keys. Note rows that have no needed column, unknown keys and repeated ones.

    known: all columns of the data set; None if they are not recorded, so that other keys are ignored.
    """
    names = dict[str, str]()
    known_names = None if known is None else frozenset(known) | frozenset(needed)
    suggestions = dict[str, str]()
    matched = list[Row]()
    for number, row in enumerate(rows):
        cleaned = dict[str, Any]()
        for key, value in row.items():
            name = names.get(key) or names.setdefault(key, clean(key))
            if name in cleaned:
                problems.append(PointedProblem.at("rows", number, key, detail=f"The row has {name!r} twice."))
            elif known_names is not None and name not in known_names:
                detail = suggestions.get(name) or suggestions.setdefault(name, _unknown(name, known_names, suggestions))
                problems.append(PointedProblem.at("rows", number, key, detail=detail))
            cleaned[name] = value
        if not cleaned.keys() & set(needed):
            problems.append(PointedProblem.at("rows", number, detail=_none_of(needed)))
        matched.append(cleaned)
    return matched


def _unknown(name: str, known: Collection[str], suggestions: Collection[str]) -> str:
    """Return that there is no such column, and the nearest name."""
    close = list[str]()
    if len(suggestions) < MAX_SUGGESTIONS:
        lowered = {other.lower(): other for other in sorted(known)[:MAX_COMPARED]}
        close = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=1)]
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"The data set has no column {name!r}.{hint}"


def _none_of(needed: Collection[str]) -> str:
    names = list(needed)
    shown = ", ".join(map(repr, names[:MAX_SHOWN_NAMES])) + (" …" if len(names) > MAX_SHOWN_NAMES else "")
    return f"The row has none of the model's columns, which are {shown}."
