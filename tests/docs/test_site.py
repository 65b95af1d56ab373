"""The site of the documentation has every page, every link leads somewhere, and nothing comes from other hosts."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.page_index import decisions, sections
from tests.support.project import ROOT

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Loaded(HTMLParser):
    """Collects the addresses that a page loads by itself, and its title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what a tag loads. Links to the next page load nothing."""
        values = dict(attrs)
        if tag in LOADING and values.get("rel") not in {"canonical", "next", "prev"}:
            self.addresses.append(values.get(LOADING[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. MkDocs fails if a link or an anchor leads nowhere or a page is not in the navigation."""
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [ROOT / "dev", "docs", "--site", target], cwd=target, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_the_site_has_every_page_as_html_and_as_markdown(site: Path) -> None:
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    texts = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.md")}
    named = {Path(page.path) for listed in sections().values() for page in listed} | set(decisions())
    assert len(named) > 40
    assert {path.stem.lower() for path in named} - {"readme"} <= {Path(name).name.lower() for name in pages}
    assert pages - {"404"} == {name.replace("README", "index") for name in texts}
    assert {"index", "pages", "contributing", "changelog"} <= pages


def test_the_site_loads_nothing_from_other_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        outside = [address for address in Loaded(page.read_text()).addresses if re.match(r"(https?:)?//", address)]
        assert outside == [], page
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", styles) == []


def test_files_that_pages_link_to_are_in_the_site(site: Path) -> None:
    assert (site / "files" / "examples" / "prometheus" / "alerts.yml").is_file()
    listed = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text())
    assert len(listed) > 25
    assert [link for link in listed if not (site / link).is_file()] == []
