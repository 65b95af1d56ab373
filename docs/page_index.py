"""The index of all pages in docs/README.md: the site's navigation and `llms.txt` follow it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SUMMARY = """\
> Backprop trains neural networks over HTTP: upload a table or arrays, name the column to predict, and get a trained
> model with scores, predictions and weights. The running service describes every call at /openapi.json and /docs.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its title, its file below the top of the checkout, and one line about it."""

    title: str
    path: str
    about: str


def sections() -> dict[str, list[Page]]:
    """Return the pages by audience, in the order of docs/README.md. Fragments of links are left out."""
    found: dict[str, list[Page]] = {}
    for block in re.split(r"^For ", (DOCS / "README.md").read_text(), flags=re.MULTILINE)[1:]:
        audience = block.partition(":")[0]
        rows = re.findall(r"^\| \[([^\]]+)\]\(([^)#]+)[^)]*\) \| (.*) \|$", block, re.MULTILINE)
        found[audience[0].upper() + audience[1:]] = [
            Page(title=title, path=str((DOCS / link).resolve().relative_to(ROOT)), about=about)
            for title, link, about in rows
        ]
    return found


def decisions() -> list[Path]:
    """Return the pages of decisions, below the top of the checkout, in their order."""
    return [path.relative_to(ROOT) for path in sorted((DOCS / "decisions").glob("0*.md"))]


def llms_txt(link: Callable[[str], str] | None = None) -> str:
    """Return the list of pages for programs that read documentation, see https://llmstxt.org.

    Args:
        link: maps the file of a page to its address; without it, addresses are relative to docs/.
    """
    lines = ["# Backprop", "", SUMMARY]
    for audience, pages in sections().items():
        lines += [f"## For {audience[0].lower()}{audience[1:]}", ""]
        lines += [f"- [{page.title}]({(link or _from_docs)(page.path)}): {page.about}" for page in pages]
        lines.append("")
    return "\n".join(lines)


def _from_docs(path: str) -> str:
    return path.removeprefix("docs/") if path.startswith("docs/") else f"../{path}"
