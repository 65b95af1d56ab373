"""The commands of the page about access work as written."""

import re
import shlex
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.settings import ApiSettings
from tests.support.access import bearer
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "access.md").read_text()
EXPECTED = {"/v1/jobs": 200, "/v1/projects": 201, "/v1/keys": 201, "/v1/audit": 200, "/v1/usage": 200}
EXPECTED["/v1/jobs/delete"] = 202


def requests() -> list[tuple[str, str, str | None]]:
    """Return method, path and JSON body of each curl command."""
    found = []
    for line in re.findall(r"^curl (.*)$", PAGE, re.MULTILINE):
        words = shlex.split(line)
        assert words[:2] == ["-H", "Authorization: Bearer $BACKPROP_API_KEY"]
        body = words[words.index("--json") + 1] if "--json" in words else None
        found.append(("POST" if body else "GET", words[2].removeprefix("http://127.0.0.1:8000"), body))
    return found


def test_the_commands_work(client: TestClient) -> None:
    headers = {**bearer(client), "Content-Type": "application/json"}
    seen = set[str]()
    for method, path, body in requests():
        response = client.request(method, path, content=body, headers=headers)
        name = path.partition("?")[0]
        assert response.status_code == EXPECTED[name], response.text
        seen.add(name)
    assert seen == set(EXPECTED)


@pytest.mark.parametrize("field", ["project_requests_per_second", "project_request_burst", "bad_keys_per_minute"])
def test_the_page_names_the_default_of_each_limit(field: str) -> None:
    row = next(line for line in PAGE.splitlines() if f"`BACKPROP_{field.upper()}`" in line and line.startswith("|"))
    default: Any = ApiSettings.model_fields[field].default
    assert f"| {default} |" in row
