"""Documentation is current: generated pages, relative links, and the paths that pages name."""

import re
from pathlib import Path

import pytest

from docs.generate import DOCS, PAGES

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run ./dev docs"


def test_the_settings_page_names_every_setting_in_the_code() -> None:
    """Tests use BACKPROP_FAILPOINTS to inject faults; it is not a setting for operators."""
    sources = [
        path for folder in ("api", "launcher", "service", "store", "worker") for path in (ROOT / folder).rglob("*.py")
    ]
    sources += [ROOT / "dev", ROOT / "docker-compose.yml"]
    named = {name for path in sources for name in re.findall(r"\bBACKPROP_[A-Z_]*[A-Z]\b", path.read_text())}
    page = (DOCS / "settings.md").read_text()
    assert {name for name in named if f"`{name}`" not in page} <= {"BACKPROP_FAILPOINTS"}


def test_relative_links_resolve() -> None:
    broken = [(path, link) for path in MARKDOWN for link in links_in(path) if not resolves(path, link)]
    assert broken == []


def test_named_files_and_modules_exist() -> None:
    named = [
        (path, name) for path in MARKDOWN for name in re.findall(r"`([\w./-]+)`", without_blocks(path.read_text()))
    ]
    assert named
    assert [each for each in named if not exists(each[1])] == []


def test_the_indexes_link_every_page() -> None:
    index = DOCS / "README.md"
    linked = {
        (page.parent / link).resolve() for page in (index, DOCS / "decisions" / "README.md") for link in links_in(page)
    }
    assert [page for page in DOCS.rglob("*.md") if page not in linked and page != index] == []


def test_decisions_are_numbered_without_holes() -> None:
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("0*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def links_in(page: Path) -> list[str]:
    """Return the relative links of a page."""
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text()))
    return [link for link in links if not re.match(r"[a-z]+:", link)]


def without_blocks(text: str) -> str:
    """Remove fenced code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """Remove fenced code blocks and inline code."""
    return re.sub(r"`[^`\n]*`", "", without_blocks(text))


def resolves(page: Path, link: str) -> bool:
    """Whether a relative link leads to a file and, with a fragment, to a heading in it."""
    name, _, fragment = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not fragment or fragment in anchors(target.read_text())


def anchors(text: str) -> set[str]:
    """Return the anchors of all headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.*)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


NO_PACKAGES = {"client", "data"}  # `client.jobs` is an attribute of the Python client
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()}
NOT_IN_THE_PROJECT = {"first_job.py", "receiver.py"}  # files that a page asks its reader to create
SUFFIXES = (".md", ".py", ".yml", ".toml", ".sql", ".html", ".svg", ".lock")


def exists(name: str) -> bool:
    """Whether a name in backticks exists, if it looks like a path or a module of this project."""
    if name in NOT_IN_THE_PROJECT:
        return True
    first = re.split(r"[./]", name)[0]
    if "/" in name and first in FOLDERS:
        return (ROOT / name).exists()
    if "." in name and first in FOLDERS - NO_PACKAGES and "/" not in name:
        return module_exists(name)
    if "/" not in name and name.endswith(SUFFIXES) and name.count(".") == 1:
        return any(ROOT.glob(name)) or any(ROOT.rglob(f"[!.]*/**/{name}"))
    return True


def module_exists(name: str) -> bool:
    """Whether a dotted name is a module, or a name that a module defines."""
    parts = name.split(".")
    if any(ROOT.joinpath(*parts[:-1], parts[-1] + end).exists() for end in ("", ".py")):
        return True
    for end in range(len(parts) - 1, 0, -1):
        file = ROOT.joinpath(*parts[:end]).with_suffix(".py")
        if file.exists():
            return re.search(rf"\b{parts[end]}\b", file.read_text()) is not None
    return False
