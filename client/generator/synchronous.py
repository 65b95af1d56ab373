"""The synchronous code: the asynchronous code without `async` and `await`."""

import re
from pathlib import Path

HEADER = "# Generated from the same file in _async by client/generator; do not edit.\n"
TOKENS = (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\b__a(iter|next|enter|exit)__\b", r"__\1__"),
    (r"\ba(close|read|iter_lines|iter_raw|iter_bytes)\b", r"\1"),
    (r"\b_async\b", "_sync"),
)
BY_HAND = {"runtime.py"}  # how to wait and how to use files


def synchronous_modules(folder: Path) -> dict[str, str]:
    """Return the text of each synchronous file, by its path inside the package."""
    return {
        str(path.relative_to(folder)): synchronous(path.read_text())
        for path in sorted(folder.rglob("*.py"))
        if path.name not in BY_HAND
    }


def synchronous(text: str) -> str:
    """Return the synchronous form of a file."""
    for pattern, replacement in TOKENS:
        text = re.sub(pattern, replacement, text)
    docstring, end, code = text.partition('"""\n')
    return f"{docstring}{end}\n{HEADER}{code}"
