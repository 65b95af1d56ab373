"""Suggestions for names that a table does not have."""

from collections.abc import Sequence
from difflib import get_close_matches

MAX_LISTED = 20  # names in one sentence
MAX_LENGTH = 200  # characters of a misspelled name that are compared
MAX_COMPARED = 1000  # names that are compared with a misspelled one
MAX_SUGGESTIONS = 10  # misspelled names of one request for which a name is suggested; the search is slow


class NameHints:
    """Sentences about the misspelled names of one request: suggestions for the first ones, then the known names."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known
        self._suggestions = 0

    def hint(self, name: str) -> str:
        """Return a sentence that helps to correct the name."""
        self._suggestions += 1
        return suggest_name(name, self._known) if self._suggestions <= MAX_SUGGESTIONS else list_names(self._known)


def suggest_name(name: str, known: Sequence[str]) -> str:
    """Return a sentence with the most similar known name, or with all known names if none is similar."""
    if similar := get_close_matches(name[:MAX_LENGTH], known[:MAX_COMPARED], n=1, cutoff=0.5):
        return f"Did you mean {similar[0]!r}?"
    return list_names(known)


def list_names(known: Sequence[str]) -> str:
    """Return a sentence with the known names, or with the first ones if there are many."""
    more = " …" if len(known) > MAX_LISTED else ""
    return f"The columns are {', '.join(map(repr, known[:MAX_LISTED]))}{more}."
