"""GET /v1/datasets/{id}/preview: the first rows as JSON, whatever the format and the size."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from tabular.limits import Limits
from tabular.readers.preview import end_of_rows
from tests.support.api import upload
from tests.support.typed_files import write_npz

MESSY = "price;when;paid;zip;note\n" + "1.234,50 €;31.12.2025;Yes;02134;a\n99,00 €;1.1.2026;no;00501;\n" * 12


def previewed(client: TestClient, dataset: dict[str, Any], **query: Any) -> dict[str, Any]:
    response = client.get(f"/v1/datasets/{dataset['id']}/preview", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_values_have_the_types_of_the_profile(client: TestClient) -> None:
    dataset = upload(client, MESSY, delimiter=";")
    found = previewed(client, dataset, rows=2)
    first, second = found["rows"]
    assert first == {"price": 1234.5, "when": "2025-12-31T00:00:00.000Z", "paid": True, "zip": "02134", "note": "a"}
    assert (second["paid"], second["note"]) == (False, None)
    assert (found["total"], found["shape"]) == (24, None)
    assert len(previewed(client, dataset)["rows"]) == 20
    assert len(previewed(client, dataset, rows=1000)["rows"]) == 24


def test_long_texts_are_cut_and_large_rows_are_fewer(client: TestClient) -> None:
    long = upload(client, "a,b\n" + f"1,{'x' * 2000}\n2,{'y' * 2000}\n" * 10)
    assert previewed(client, long, rows=1)["rows"][0] == {"a": 1, "b": "x" * 1000 + "…"}
    cells = ",".join(f"{number} {'name' * 20}" for number in range(60))
    wide = upload(client, f"{cells}\n" + (",".join(["123456"] * 60) + "\n") * 1000)
    shown = previewed(client, wide, rows=1000)["rows"]
    assert 1 < len(shown) < 1000
    assert list(shown[0]) == cells.split(",")


def test_positions_of_arrays_are_columns(client: TestClient, tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    body = write_npz(tmp_path / "a.npz", x=x, y=np.array(["a", "b", "a"])).read_bytes()
    dataset = client.post("/v1/datasets", content=body, headers={"Content-Type": "application/x-npz"}).json()
    found = previewed(client, dataset, rows=1)
    assert found["shape"] == [3, 2, 4]
    first = {f"x_{row}_{column}": row * 4 + column for row in range(2) for column in range(4)}
    assert found["rows"] == [{**first, "y": "a"}]


def test_the_first_rows_of_a_long_table_need_only_a_part_of_it(client: TestClient, tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).integers(0, 10**9, (300_000, 2))
    text = io.StringIO()
    text.write("a,b\n")
    np.savetxt(text, numbers, fmt="%d", delimiter=",")
    dataset = upload(client, text.getvalue())
    shown = previewed(client, dataset, rows=3)
    assert [list(row.values()) for row in shown["rows"]] == numbers[:3].tolist()
    assert shown["total"] == 300_000
    parquet = tmp_path / "table.parquet"
    parquet.write_bytes(client.get(f"/v1/datasets/{dataset['id']}/content").content)
    assert end_of_rows(parquet, 3, Limits()) < parquet.stat().st_size / 2


def test_invalid_numbers_of_rows_are_rejected(client: TestClient) -> None:
    for rows in ("0", "1001", "x"):
        assert client.get("/v1/datasets/ds_1/preview", params={"rows": rows}).status_code == 422
    assert client.get("/v1/datasets/ds_1/preview").status_code == 404
