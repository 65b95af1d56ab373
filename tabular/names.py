"""Suggestions for names that a table does not have."""

from collections.abc import Sequence
from difflib import get_close_matches

MAX_LISTED = 20  # names in one sentence


def suggest_name(name: str, known: Sequence[str]) -> str:
    """Return a sentence with the most similar known name, or with all known names if none is similar."""
    if similar := get_close_matches(name, known, n=1, cutoff=0.5):
        return f"Did you mean {similar[0]!r}?"
    more = " …" if len(known) > MAX_LISTED else ""
    return f"The columns are {', '.join(map(repr, known[:MAX_LISTED]))}{more}."
