"""Hooks of MkDocs: build the site from docs/ and the pages at the top of the checkout, with links that work in both.

On GitHub, links lead from file to file. Here each file gets an address in the site, and links are rewritten to it:
README.md is the start page, docs/README.md is pages.md, docs/X is X, and any other file is copied below files/.
"""

import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by its path

from docs.page_index import decisions, llms_txt, sections  # noqa: E402 - after the path is set

TOP_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
ADDRESSES = {"README.md": "index.md", "docs/README.md": "pages.md"}
LINK = re.compile(r"(\]\(|src=\"|href=\")([^)\s\"#]+)(#[^)\s\"]*)?([)\"])")
CODE = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
MARKDOWN: dict[str, str] = {}  # of each page, with the links of the site; written next to the HTML page


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the navigation: a section for each audience."""
    nav: list[Any] = [{"Backprop": "index.md"}, {"All pages": "pages.md"}]
    for audience, pages in sections().items():
        items: list[Any] = [{page.title: address(page.path)} for page in pages if page.path != "README.md"]
        nav.append({audience.removeprefix("Users of the "): items})
    nav[-1][next(iter(nav[-1]))].append({"All decisions": [address(str(path)) for path in decisions()]})
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages at the top of the checkout, and the files that pages link to."""
    index = files.get_file_from_path("README.md")
    if index is not None:
        files.remove(index)
    sources = {*TOP_PAGES, "docs/README.md", *linked_files()}
    for source in sorted(sources):
        files.append(File.generated(config, address(source), abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, "llms.txt", content=llms_txt(address)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Rewrite the links of a page to addresses of the site."""
    source = page.file.abs_src_path
    name = PurePosixPath(Path(source or "").relative_to(ROOT).as_posix())
    MARKDOWN[page.file.src_uri] = text = "".join(
        part if number % 2 else LINK.sub(lambda found: rewritten(found, name), part)
        for number, part in enumerate(CODE.split(markdown))
    )
    return text


def on_post_build(config: MkDocsConfig) -> None:
    """Write each page as Markdown beside its HTML, for programs that read documentation."""
    for name, text in MARKDOWN.items():
        target = Path(config.site_dir, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def address(source: str) -> str:
    """Return where a file of the checkout is in the site."""
    if source in ADDRESSES:
        return ADDRESSES[source]
    if source in TOP_PAGES:
        return source.lower()
    return source.removeprefix("docs/") if source.startswith("docs/") else f"files/{source}"


def rewritten(found: re.Match[str], page: PurePosixPath) -> str:
    """Return a link of the file `page` as a link of the site. Links to other sites stay as they are."""
    before, link, fragment, after = found.groups(default="")
    target = target_of(page, link)
    if target is None:
        return found[0]
    here = PurePosixPath(address(str(page))).parent
    return f"{before}{os.path.relpath(address(target), here)}{fragment}{after}"


def target_of(page: PurePosixPath, link: str) -> str | None:
    """Return the file of the checkout that a link leads to; None if it leads elsewhere."""
    if re.match(r"[a-z]+:", link):
        return None
    path = Path(os.path.normpath(ROOT / page.parent / link))
    if path.is_dir():
        path = path / "README.md"
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) and path.is_file() else None


def linked_files() -> set[str]:
    """Return the files outside docs/ that pages link to and that are no pages."""
    found = set()
    for path in [*(ROOT / name for name in TOP_PAGES), *DOCS.rglob("*.md")]:
        page = PurePosixPath(path.relative_to(ROOT).as_posix())
        for part in CODE.split(path.read_text())[::2]:
            targets = (target_of(page, link) for _, link, _, _ in LINK.findall(part))
            found |= {target for target in targets if target and not target.startswith("docs/")}
    return found - set(TOP_PAGES)
