"""Read the examples of the documentation."""

import json
import re
from typing import Any

from tests.support.project import ROOT

SPEC_PAGES = [ROOT / "docs" / "specs.md", *sorted((ROOT / "docs" / "specs").glob("*.md"))]


def page_text(name: str) -> str:
    """Return the text of a page in docs/specs."""
    return (ROOT / "docs" / "specs" / f"{name}.md").read_text()


def json_examples(text: str) -> list[dict[str, Any]]:
    """Return the JSON blocks of a page."""
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
