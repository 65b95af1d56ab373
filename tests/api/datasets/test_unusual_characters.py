"""Characters that one database cannot store are handled alike on both, in names, values and every format."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.support.api import CSV
from tests.support.typed_files import write_npz, write_parquet

NDJSON, NPZ = {"Content-Type": "application/x-ndjson"}, {"Content-Type": "application/x-npz"}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def lines(first: str, *rows: str) -> bytes:
    return "\n".join([first, *rows, ""]).encode()


def test_unusual_characters_are_stored_or_refused_alike(client: TestClient, tmp_path: Path) -> None:
    values = ['{"a": "x\\u0000y", "b": 1}', '{"a": "z", "b": 2}']
    keys = ['{"a\\u0000": "x", "b": 1}', '{"a\\u0000": "z", "b": 2}']
    control = "\x01\x1b\x7f\u0085\u2028"
    parquet = write_parquet(tmp_path / "a.parquet", "SELECT 'x' || chr(0) || i AS a, i AS b FROM range(3) t(i)")
    named = write_parquet(tmp_path / "b.parquet", "SELECT i AS azzz, i % 2 AS b FROM range(3) t(i)").read_bytes()
    texts = np.array(["x\0y", "z", "x\0y"])
    array = write_npz(tmp_path / "a.npz", x=np.ones((3, 1)), y=texts)
    sent: dict[str, tuple[int, bytes, dict[str, str]]] = {
        "NUL in a UTF-16 header": (422, "a\0,b\nx,1\ny,2\n".encode("utf-16"), CSV),
        "NUL in a UTF-8 header": (422, b"a\0,b\nx,1\ny,2\n", CSV),
        "control characters in a CSV header": (201, lines(f"a{control},b", "x,1", "y,2"), CSV),
        "NUL in a JSON value": (422, lines(*values), NDJSON),
        "NUL in a JSON key": (422, lines(*keys), NDJSON),
        "a surrogate in a JSON key": (422, lines('{"a\\ud800": 1}', '{"a\\ud800": 2}'), NDJSON),
        "NUL in a Parquet value": (422, parquet.read_bytes(), PARQUET),
        "NUL in a Parquet name": (422, named.replace(b"azzz", b"a\0zz"), PARQUET),
        "NUL in an array": (422, array.read_bytes(), NPZ),
    }
    found = {
        name: client.post("/v1/datasets", content=body, headers=headers) for name, (_, body, headers) in sent.items()
    }
    assert {name: answer.status_code for name, answer in found.items()} == {
        name: case[0] for name, case in sent.items()
    }
    for answer in found.values():
        shown: dict[str, Any] = answer.json()
        assert answer.status_code == 201 or shown["code"] == "invalid_dataset"
    listed = client.get("/v1/datasets").json()["data"]
    assert [dataset["columns"][0]["name"] for dataset in listed] == [f"a{control}"]


def test_names_in_requests_are_stored_or_refused_alike(client: TestClient) -> None:
    table = b"a,b\nx,1\ny,2\n"
    control = "\x01\x1b\x7f\u0085\u202e\ufffe"
    stored = client.post("/v1/datasets", params={"name": control, "metadata.k": control}, content=table, headers=CSV)
    assert (stored.json()["name"], stored.json()["metadata"]) == (control, {"k": control})
    refused = [{"name": "a\0"}, {"metadata.a\0": "x"}, {"metadata.a": "\0"}, {"types": "a\0:text"}, {"missing": "\0"}]
    answers = [client.post("/v1/datasets", params=query, content=table, headers=CSV) for query in refused]
    assert [answer.status_code for answer in answers] == [422] * len(refused)
    form = client.post("/v1/datasets", files={"file": ("a\0b\x01.csv", table)})
    assert form.status_code == 201
