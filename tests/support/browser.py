"""Open pages of the dashboard in a real Chromium, and find everything that a page must not do.

Chromium is the program in BACKPROP_CHROMIUM or one on PATH. As root on Debian, the package is installed. Elsewhere,
tests of pages are skipped with the command that installs it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--enable-precise-memory-info"),
]
INSTALL = "apt-get install -y --no-install-recommends chromium"
INSTALL_SECONDS = 600
PAGE_MILLISECONDS = 20_000  # for a busy machine; an idle one needs less than one second
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SERIOUS = {"serious", "critical"}
REPORT_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


def chromium() -> str:
    """Return the path of Chromium; skip the test if there is none."""
    if named := os.environ.get("BACKPROP_CHROMIUM"):
        return named
    if not _installed() and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["sh", "-c", f"apt-get update -q && {INSTALL} -q"]
        subprocess.run(command, env=environment, timeout=INSTALL_SECONDS, capture_output=True, check=False)
    if found := _installed():
        return found
    pytest.skip(f"Tests of pages need Chromium. Set BACKPROP_CHROMIUM, or install it, on Debian with: {INSTALL}")


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Yield a running Chromium without a window."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class DashboardPage:
    """A page of the dashboard. `close` asserts that nothing forbidden happened while it was open."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **options})
        self.context.set_default_timeout(PAGE_MILLISECONDS)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.requests: list[Request] = []
        self.expected_errors: tuple[str, ...] = ()  # parts of console messages that a test provokes
        self._errors: list[str] = []
        self.page.on("console", lambda message: self._log(message.type, message.text))
        self.page.on("pageerror", lambda error: self._log("error", str(error)))
        self.page.on("request", self._requested)

    def go(self, route: str, ready: str = "main h1") -> Page:
        """Go to a route such as `/jobs`, and wait until it shows what `ready` selects."""
        self.page.goto(f"{self.url}/#{route}")
        self.page.wait_for_selector(ready)
        return self.page

    def accessibility_problems(self) -> list[str]:
        """Return what axe finds on the page as it is, if it is serious or critical."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            if each["impact"] in SERIOUS
            for node in each["nodes"][:3]
        ]

    def width_beyond_screen(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def close(self) -> None:
        """Close the page. Fails if it logged errors, broke its policy or sent requests to other hosts."""
        violations = self.page.evaluate("window.violations")
        self.context.close()
        assert violations == [], violations
        assert self._errors == [], "\n".join(self._errors)

    def _log(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(part in text for part in self.expected_errors):
            self._errors.append(text)

    def _requested(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self._errors.append(f"request to {request.url}")
