"""Code, tests and docs use the words that a practitioner would search for (CONTRIBUTING.md, "Words")."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.support.project import ROOT

USE_INSTEAD = {
    r"door-?bells?|bells?|(?<!key )rings?|rung|ringing": "notifier, notification, notify",
    r"deaf|hearing": "disconnected",
    r"hearts?": "lease keeper",
    r"grips?": "held lease",
    r"standing": "queue position",
    r"laid aside|lay aside|lays? aside": "paused",
    r"anew": "again, restart",
    r"mend(s|ed|ing)?": "fix",
    r"taken in|takes in": "accepted",
    r"goes by|go by": "uses",
    r"at rest|resting(?!\": \"cooldown_left)": "inference mode, idle",
    r"wakes?[- _]up|wake-ups?": "notification",
    r"(?<!standard )(?<!standard_)(?<!standard-)deviations?": "standard deviation",
    r"arithmetics?": "numeric fingerprint, calculation",
    r"obituary": "failure message",
    r"colours?|coloured|behaviours?|neighbours?|neighbouring|favour\w*|centred|licence": "American spelling",
    r"(normal|initial|serial|standard|optim|recogn|summar|organ|minim|maxim|regular)is(e|es|ed|ing|ation|ations)": (
        "American spelling"
    ),
    r"cancelled|cancelling|labelled|labelling|modelled|modelling|analyse[sd]?": "American spelling",
}
IN_IDENTIFIERS = {r"\b(MOST|FEWEST|LARGEST|SHORTEST)_[A-Z_]+": "MAX_, MIN_"}
ENDINGS = {".py", ".md", ".yml", ".sql", ".toml", ""}
THIS_FILE = Path(__file__).relative_to(ROOT)
EXCEPTIONS = {"CONTRIBUTING.md"}  # shows the words to avoid
GENERATED = {"client/backprop_client/specs", "client/backprop_client/types"}  # from texts that are checked themselves


@cache
def lines() -> list[tuple[Path, int, str]]:
    """Return the lines of all files, each with file and number."""
    return [
        (path, number, line)
        for path in files()
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
    ]


def files() -> list[Path]:
    """Return the text files of the project, as git lists them."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    paths = [Path(name) for name in listed if Path(name).suffix in ENDINGS and name != "LICENSE"]
    checked = [path for path in paths if path != THIS_FILE and str(path) not in EXCEPTIONS and (ROOT / path).is_file()]
    return [path for path in checked if str(path.parent) not in GENERATED]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the lines in which a pattern occurs, each with file and line number."""
    return [f"{path}:{number}: {line.strip()[:100]}" for path, number, line in lines() if pattern.search(line)]


@pytest.mark.parametrize(("words", "better"), USE_INSTEAD.items())
def test_unclear_words_are_not_used(words: str, better: str) -> None:
    found = lines_with(re.compile(rf"(?<![A-Za-z])({words})(?![A-Za-z])", re.IGNORECASE))
    assert found == [], f"use instead: {better}"


@pytest.mark.parametrize(("names", "better"), IN_IDENTIFIERS.items())
def test_limits_are_named_max_and_min(names: str, better: str) -> None:
    assert lines_with(re.compile(names)) == [], f"use instead: {better}"


def test_the_search_finds_words_in_prose_and_in_identifiers() -> None:
    pattern = re.compile(r"(?<![A-Za-z])(bells?)(?![A-Za-z])", re.IGNORECASE)
    assert all(pattern.search(text) for text in ("ring the bell", "BELLS = 3", "last_bell_at"))
    assert not any(pattern.search(text) for text in ("labels", "umbellate"))
    assert files(), "git lists the project's files"
