"""The description for language models names paths that exist."""

import re

from fastapi.testclient import TestClient


def test_every_path_of_the_description_exists(client: TestClient) -> None:
    answer = client.get("/llms.txt")
    assert answer.headers["Content-Type"].startswith("text/markdown")
    paths = client.get("/openapi.json").json()["paths"]
    calls = re.findall(r"`(GET|POST) (/v1/[^`?]+)", answer.text)
    assert len(calls) >= 7
    for method, path in calls:
        assert method.lower() in paths[path], path
    for link in re.findall(r"\]\((/[^)]*)\)", answer.text):
        assert client.get(link).status_code == 200
