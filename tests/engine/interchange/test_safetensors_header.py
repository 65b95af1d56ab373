"""Uploaded safetensors files are described when valid, and rejected with every problem and its pointer when not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from engine.errors import InvalidWeights
from engine.interchange.finite import BLOCK_BYTES
from engine.interchange.safetensors import MAX_TENSORS, check_finite, read_header

VALID = {"a": ("F32", [2], [0, 8]), "b": ("F32", [1], [8, 12])}


def file_of(header: Any, body: bytes = bytes(12), length: int | None = None) -> bytes:
    """Return a file with this header. `length` replaces the true length of the header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def entries(**tensors: tuple[Any, Any, Any]) -> dict[str, Any]:
    """Return a header, by default with two tensors that fill 12 bytes."""
    each = {**VALID, **tensors}
    return {name: dict(zip(("dtype", "shape", "data_offsets"), entry, strict=True)) for name, entry in each.items()}


def problems(data: bytes, folder: Path) -> dict[str, str]:
    """Return the problems of a file by pointer."""
    path = folder / "weights.safetensors"
    path.write_bytes(data)
    with pytest.raises(InvalidWeights) as caught:
        check_finite(path, read_header(path))
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_a_valid_file_is_described_in_the_order_of_its_bytes(tmp_path: Path) -> None:
    tensors = {"0.weight": np.ones((3, 2), np.float32), "0.bias": np.ones(3), "n": np.array(7, np.int64)}
    path = tmp_path / "weights.safetensors"
    safetensors.numpy.save_file(tensors, path, {"format": "pt"})
    header = read_header(path)
    check_finite(path, header)
    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in header.tensors} == {
        "0.weight": ((3, 2), "float32"),
        "0.bias": ((3,), "float64"),
        "n": ((), "int64"),
    }
    assert [tensor.begin for tensor in header.tensors] == sorted(tensor.begin for tensor in header.tensors)
    assert header.metadata == {"format": "pt"}


INVALID = {
    "nothing": (b"", {""}),
    "seven bytes": (b"\x01" * 7, {""}),
    "a length beyond the file": (file_of(entries(), length=10**15), {""}),
    "a header that is too long": (file_of(json.dumps(entries()).encode() + b" " * (2 << 20)), {""}),
    "no JSON": (file_of(b"{'a': 1}"), {""}),
    "no UTF-8": (file_of(b'{"\xff": 1}'), {""}),
    "a list": (file_of([1]), {""}),
    "no tensors": (file_of({}, b""), {""}),
    "a repeated name": (file_of(b'{"a": 1, "a": 2}'), {""}),
    "deep nesting": (file_of(b'{"a":' * 100_000), {""}),
    "a number with a million digits": (file_of(b'{"a": ' + b"9" * 900_000 + b"}"), {""}),
    "too many tensors": (file_of({str(n): {} for n in range(MAX_TENSORS + 1)}), {""}),
    "metadata that are not strings": (file_of(entries() | {"__metadata__": {"a": 1}}), {"/__metadata__"}),
    "an entry that is not an object": (file_of(entries() | {"c": 1}), {"/c"}),
    "an entry without offsets": (file_of(entries() | {"c": {"dtype": "F32", "shape": [1]}}), {"/c"}),
    "an unknown dtype": (file_of(entries(a=("F99", [2], [0, 8]))), {"/a/dtype"}),
    "an unsupported dtype": (file_of(entries(a=("U64", [1], [0, 8]))), {"/a/dtype"}),
    "a negative axis": (file_of(entries(a=("F32", [-2], [0, 8]))), {"/a/shape"}),
    "a huge shape": (file_of(entries(a=("F32", [10**30] * 8, [0, 8]))), {"/a/shape"}),
    "nine axes": (file_of(entries(a=("F32", [2, *[1] * 8], [0, 8]))), {"/a/shape"}),
    "a boolean axis": (file_of(entries(a=("F32", [True, 2], [0, 8]))), {"/a/shape"}),
    "reversed offsets": (file_of(entries(a=("F32", [2], [8, 0]))), {"/a/data_offsets"}),
    "offsets that are not numbers": (file_of(entries(a=("F32", [2], [False, True]))), {"/a/data_offsets"}),
    "a shape that needs more bytes": (file_of(entries(a=("F32", [3], [0, 8]))), {"/a/data_offsets"}),
    "overlapping tensors": (file_of(entries(b=("F32", [1], [4, 8]))), {"/b/data_offsets"}),
    "a gap": (file_of(entries(b=("F32", [1], [12, 16])), bytes(16)), {"/b/data_offsets"}),
    "extra bytes": (file_of(entries(), bytes(13)), {""}),
    "a truncated body": (file_of(entries(), bytes(11)), {""}),
    "a name with a slash": (file_of(entries() | {"c/~d": 1}), {"/c~1~0d"}),
    "an unpaired surrogate": (file_of(entries() | {"\ud800": 1}), {""}),
    "a name with NUL": (file_of(entries() | {"\0": entries()["b"]}), {""}),
    "several problems": (
        file_of(entries(a=("F99", [-1], [0, 8]), b=("F32", [9], [8, 12]))),
        {"/a/dtype", "/a/shape", "/b/data_offsets"},
    ),
}


@pytest.mark.parametrize("kind", INVALID)
def test_an_invalid_file_is_rejected_with_every_problem(kind: str, tmp_path: Path) -> None:
    data, pointers = INVALID[kind]
    found = problems(data, tmp_path)
    assert set(found) == pointers
    assert all(len(detail) < 1000 for detail in found.values())


def test_a_repeated_name_is_rejected_though_the_library_accepts_it(tmp_path: Path) -> None:
    entry = json.dumps(entries()["a"])
    assert (
        "the key 'a' is repeated"
        in problems(file_of(f'{{"a": {entry}, "a": {entry}}}'.encode(), bytes(8)), tmp_path)[""]
    )


def test_truncated_files_and_extra_bytes_say_how_to_fix_them(tmp_path: Path) -> None:
    assert problems(file_of(entries(), bytes(11)), tmp_path)[""] == (
        "The tensors take 12 bytes, but 11 bytes follow the header. The file is truncated; upload it again."
    )
    assert problems(file_of(entries(), bytes(13)), tmp_path)[""].endswith("Remove the extra bytes.")
    gap = problems(file_of(entries(b=("F32", [1], [12, 16])), bytes(16)), tmp_path)
    assert gap == {"/b/data_offsets": "b must begin at byte 8, right after a, but begins at 12."}


@pytest.mark.parametrize(
    ("dtype", "width", "kind"),
    [("F64", 8, "<f8"), ("F32", 4, "<f4"), ("F16", 2, "<f2"), ("BF16", 2, None)],
    ids=["F64", "F32", "F16", "BF16"],
)
def test_nan_and_infinity_are_counted_per_tensor(dtype: str, width: int, kind: str | None, tmp_path: Path) -> None:
    nan = np.array(np.nan, kind).tobytes() if kind else b"\xc0\x7f"
    infinity = np.array(-np.inf, kind).tobytes() if kind else b"\x80\xff"
    count = BLOCK_BYTES // width + 10  # more than a block
    body = bytes(width * 5) + nan + bytes(width * (count - 7)) + infinity + bytes(2 * width) + infinity + bytes(4)
    end, last = count * width, (count + 3) * width
    header = entries(
        a=(dtype, [count // 2, 2], [0, end]), b=(dtype, [3], [end, last]), c=("F32", [1], [last, last + 4])
    )
    found = problems(file_of(header, body), tmp_path)
    assert set(found) == {"/a", "/b"}
    assert "2 NaN or infinite values, the first at [2, 1]" in found["/a"]
    assert "1 NaN or infinite values, the first at [2]" in found["/b"]
