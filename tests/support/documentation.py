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


def curl_bodies(text: str) -> list[dict[str, Any]]:
    """Return the JSON bodies of a page's curl commands."""
    return [json.loads(body) for body in re.findall(r"--json '(\{.*?\})'", text, re.DOTALL)]


def shell_commands(text: str) -> list[str]:
    """Return the commands of a page's first shell block."""
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block
    return block[1].replace("\\\n", "").strip().splitlines()
