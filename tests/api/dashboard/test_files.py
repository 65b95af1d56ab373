"""The dashboard's files over HTTP: validators, compression, caching, policies and prefixes."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.dashboard import files
from api.settings import ApiSettings

PAGE = {"Accept": "text/html"}
MAX_BYTES = 80_000  # compressed: the page, its script with all pages, its styles and its icon


def assets_of(page: str) -> list[str]:
    return [path.removeprefix("./") for path in re.findall(r'(?:href|src)="([^"]*assets/[^"]+)"', page)]


def test_people_get_the_page_and_programs_get_links(client: TestClient) -> None:
    page, links = client.get("/", headers=PAGE), client.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["Vary"]
    assert "Accept" in links.headers["Vary"]
    assert links.json()["links"]["jobs"] == "/v1/jobs"
    for path in assets_of(page.text):
        assert client.get(f"/{path}").status_code == 200, path


def test_the_policy_permits_own_files_only(client: TestClient) -> None:
    headers = client.get("/", headers=PAGE).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip;q=0, identity"])
def test_each_form_has_its_validator(client: TestClient, encoding: str) -> None:
    known = files.dashboard_files()
    path = f"/assets/{known.version}/app.js"
    response = client.get(path, headers={"Accept-Encoding": encoding})
    assert response.headers.get("Content-Encoding") == ("gzip" if encoding == "gzip" else None)
    assert response.content == known.files["app.js"].content
    assert "immutable" in response.headers["Cache-Control"]
    headers = {"Accept-Encoding": encoding, "If-None-Match": response.headers["ETag"]}
    again = client.get(path, headers=headers)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", response.headers["ETag"])
    other = {**headers, "Accept-Encoding": "gzip" if encoding != "gzip" else "identity"}
    assert client.get(path, headers=other).status_code == 200
    page = client.get("/", headers={**PAGE, "Accept-Encoding": encoding})
    assert page.headers["Cache-Control"] == "no-cache"
    assert client.get("/", headers={**PAGE, **headers, "If-None-Match": page.headers["ETag"]}).status_code == 304


def test_only_get_and_head_are_allowed(client: TestClient) -> None:
    path = f"/assets/{files.dashboard_files().version}/app.js"
    assert client.head(path).status_code == 200
    for method, where in (("POST", "/"), ("PUT", path), ("DELETE", path)):
        response = client.request(method, where)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_other_versions_and_other_files_are_not_found(client: TestClient) -> None:
    version = files.dashboard_files().version
    outside = f"{version}/%2e%2e/api/app.py"
    for path in ("0123456789abcdef/app.js", f"{version}/__init__.py", outside, f"{version}/no.js"):
        assert client.get(f"/assets/{path}").json()["code"] == "not_found"


def test_files_need_no_key(client: TestClient) -> None:
    refused = client.get("/v1/jobs", headers={"Authorization": "Bearer wrong"})
    assert refused.status_code == 401
    assert client.get("/", headers={**PAGE, "Authorization": "Bearer wrong"}).status_code == 200


class TestBelowPrefix:
    """Behind a proxy."""

    @pytest.fixture
    def api_settings(self) -> ApiSettings:
        return ApiSettings(root_path="/ml")

    def test_addresses_begin_with_the_path_of_the_proxy(self, client: TestClient) -> None:
        paths = assets_of(client.get("/ml", headers=PAGE).text)
        assert paths
        assert all(path.startswith("/ml/assets/") for path in paths)
        assert client.get(paths[0]).status_code == 200


def test_the_dashboard_stays_small() -> None:
    all_files = [*files.dashboard_files().files.values(), files.dashboard_page("")]
    assert sum(len(file.compressed) for file in all_files) <= MAX_BYTES


def test_libraries_are_unchanged() -> None:
    vendor = files.FOLDER / "vendor"
    recorded = dict(line.split()[::-1] for line in (vendor / "SHA256SUMS").read_text().splitlines())
    found = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.parent != vendor
    }
    assert recorded == found


def test_a_new_version_has_new_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(files.FOLDER, tmp_path / "web")
    monkeypatch.setattr(files, "FOLDER", copy)
    before = files.dashboard_files.__wrapped__()
    (copy / "pages" / "jobs.js").write_text("export default function Jobs() { return () => null; }\n")
    after = files.dashboard_files.__wrapped__()
    assert before.version != after.version
    assert b"() => null" in gzip.decompress(after.files["app.js"].compressed)
