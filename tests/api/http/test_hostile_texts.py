"""Texts that would run in a browser or a spreadsheet are only ever data: JSON that no browser takes for a page."""

from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from tests.support.api import upload

SCRIPTS = [
    f"{before}{script}{after}"
    for before, after in (("", ""), ('">', ""), ("'>", ""), ("</script>", ""), ("-->", ""), ("]]>", ""), ("\u2028", ""))
    for script in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "javascript:alert(1)",
        "{{constructor.constructor('alert(1)')()}}",
    )
]
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", "\t=1+1", "=HYPERLINK(1)", "%0d%0aX: y", "${7*7}"]
PAYLOADS = [*SCRIPTS, *FORMULAS]


def is_harmless(response: Response) -> bool:
    """Return whether a browser shows the body as data only, and whether no header repeats what was sent."""
    json = response.headers["Content-Type"] in {"application/json", "application/problem+json"}
    repeated = [value for value in response.headers.values() if "alert" in value or "cmd" in value]
    return json and response.headers["X-Content-Type-Options"] == "nosniff" and not repeated


@pytest.mark.proof(24, "scripts and formulas in every text field", "nothing runs")
def test_texts_are_returned_as_data(client: TestClient, record_property: Any) -> None:
    dataset = upload(client, "kind,n\n" + "".join(f"{'ab'[row % 2]},{row}\n" for row in range(20)))
    record_property("figure", f"{len(PAYLOADS)} texts")
    assert len(PAYLOADS) == 50
    for text in PAYLOADS:
        name = text[:60]
        body = {"dataset_id": dataset["id"], "target": "kind", "name": name, "metadata": {"a": text}}
        created = client.post("/v1/jobs", json=body, params={"validate_only": "true"})
        answers = [
            created,
            client.post("/v1/jobs", json={**body, "target": text, text: 1}),
            client.get("/v1/jobs", params={"metadata.a": text, text: "1"}),
            client.get(f"/v1/jobs/{quote(text, safe='')}"),
            client.get("/v1/jobs", params={"cursor": text[:100]}),
            client.get("/v1/jobs", headers={"Prefer": "x", "Accept": "text/html"}),
        ]
        assert [answer.status_code for answer in answers] == [200, 422, 422, 404, 400, 200]
        assert all(is_harmless(answer) for answer in answers)


def test_stored_texts_come_back_unchanged(client: TestClient) -> None:
    values = [text.replace('"', '""') for text in PAYLOADS if text.strip() == text]
    table = 'kind,"' + values[0] + '"\n' + "".join(f'"{value}",{row}\n' for row, value in enumerate(values))
    csv = {"Content-Type": "text/csv"}
    created = client.post("/v1/datasets", params={"name": PAYLOADS[0]}, content=table, headers=csv)
    assert created.status_code == 201, created.text
    assert is_harmless(created)
    assert created.json()["name"] == PAYLOADS[0]
    content = client.get(f"{created.headers['Location']}/content")
    assert content.headers["Content-Disposition"].startswith('attachment; filename="ds_')
    body = {
        "dataset_id": created.json()["id"],
        "target": "kind",
        "name": PAYLOADS[1][:60],
        "metadata": {"a": PAYLOADS[2]},
    }
    job = client.post("/v1/jobs", json=body)
    assert is_harmless(job)
    assert job.json().get("metadata", {"a": PAYLOADS[2]}) == {"a": PAYLOADS[2]}


def test_the_only_page_forbids_other_hosts_and_inline_scripts(client: TestClient) -> None:
    page = client.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in page.text.replace("<!doctype html>", "").replace("http-equiv", "").split("</html>")[0]
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert f"/docs/{asset}" in page.text
        assert client.get(f"/docs/{asset}").status_code == 200
    assert client.get("/docs/page.html").status_code == 422
