"""Files of weights from others: what is right is read, what is wrong is told, all of it, with pointers."""

import io
import json
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from engine.errors import InvalidWeights
from engine.interchange.safetensors_reader import BLOCK_BYTES, MAX_TENSORS, check_values, read_header
from engine.interchange.weights_files import from_safetensors

GOOD = {"a": ("F32", [2], [0, 8]), "b": ("F32", [1], [8, 12])}


def file_of(header: Any, body: bytes = bytes(12), length: int | None = None) -> bytes:
    """A file with this header, of which the first 8 bytes may lie."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def entries(**tensors: tuple[Any, Any, Any]) -> dict[str, Any]:
    """A header, by default of two tensors that fill 12 bytes."""
    each = {**GOOD, **tensors}
    return {name: dict(zip(("dtype", "shape", "data_offsets"), entry, strict=True)) for name, entry in each.items()}


def problems(data: bytes) -> dict[str, str]:
    """What is told of a file, by pointer."""
    with pytest.raises(InvalidWeights) as caught:
        check_values(io.BytesIO(data), read_header(io.BytesIO(data), len(data)))
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_a_file_of_the_library_is_described_in_the_order_of_its_bytes() -> None:
    state = {"0.weight": np.ones((3, 2), np.float32), "0.bias": np.ones(3), "n": np.array(7, np.int64)}
    data = safetensors.numpy.save(state, {"format": "pt"})
    header = read_header(io.BytesIO(data), len(data))
    check_values(io.BytesIO(data), header)
    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in header.tensors} == {
        "0.weight": ((3, 2), "float32"),
        "0.bias": ((3,), "float64"),
        "n": ((), "int64"),
    }
    assert header.metadata == {"format": "pt"}


def test_halves_become_the_numbers_that_they_stand_for() -> None:
    numbers = np.array([1.0, -2.5, 0.0078125, 3.0e38], np.float32)
    bfloat = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    half = np.array([1.0, -2.5], "<f2").tobytes()
    header = entries(a=("BF16", [4], [0, 8]), b=("F16", [2], [8, 12]))
    state, _ = from_safetensors(file_of(header, bfloat + half))
    np.testing.assert_allclose(state["a"], numbers, rtol=2**-8)
    np.testing.assert_array_equal(state["b"], [1.0, -2.5])
    assert state["a"].dtype == np.float32


LIES = {
    "nothing": (b"", {""}),
    "seven bytes": (b"\x01" * 7, {""}),
    "a length beyond the file": (file_of(entries(), length=10**15), {""}),
    "a header of gigabytes": (file_of(json.dumps(entries()).encode() + b" " * (2 << 20)), {""}),
    "no JSON": (file_of(b"{'a': 1}"), {""}),
    "no UTF-8": (file_of(b'{"\xff": 1}'), {""}),
    "a list": (file_of([1]), {""}),
    "no tensors": (file_of({}, b""), {""}),
    "a name twice": (file_of(b'{"a": 1, "a": 2}'), {""}),
    "a nested bomb": (file_of(b'{"a":' * 100_000), {""}),
    "a number of a million digits": (file_of(b'{"a": ' + b"9" * 900_000 + b"}"), {""}),
    "too many tensors": (file_of({str(n): {} for n in range(MAX_TENSORS + 1)}), {""}),
    "metadata that are no strings": (file_of(entries() | {"__metadata__": {"a": 1}}), {"/__metadata__"}),
    "an entry that is no object": (file_of(entries() | {"c": 1}), {"/c"}),
    "an entry without offsets": (file_of(entries() | {"c": {"dtype": "F32", "shape": [1]}}), {"/c"}),
    "an unknown dtype": (file_of(entries(a=("F8_E4M3", [2], [0, 8]))), {"/a/dtype"}),
    "a negative axis": (file_of(entries(a=("F32", [-2], [0, 8]))), {"/a/shape"}),
    "a huge shape": (file_of(entries(a=("F32", [10**30] * 8, [0, 8]))), {"/a/shape"}),
    "a true axis": (file_of(entries(a=("F32", [True, 2], [0, 8]))), {"/a/shape"}),
    "offsets backwards": (file_of(entries(a=("F32", [2], [8, 0]))), {"/a/data_offsets"}),
    "offsets that are no numbers": (file_of(entries(a=("F32", [2], [False, True]))), {"/a/data_offsets"}),
    "a shape of more bytes": (file_of(entries(a=("F32", [3], [0, 8]))), {"/a/data_offsets"}),
    "tensors that overlap": (file_of(entries(b=("F32", [1], [4, 8]))), {"/b/data_offsets", ""}),
    "a gap": (file_of(entries(b=("F32", [1], [12, 16])), bytes(16)), {"/b/data_offsets"}),
    "bytes left over": (file_of(entries(), bytes(13)), {""}),
    "a cut body": (file_of(entries(), bytes(11)), {"/b/data_offsets"}),
    "a name with a slash": (file_of(entries() | {"c/~d": 1}), {"/c~1~0d"}),
    "half a surrogate pair": (file_of(entries() | {"\ud800": 1}), {""}),
    "several things": (
        file_of(entries(a=("F99", [-1], [0, 8]), b=("F32", [9], [8, 12]))),
        {"/a/dtype", "/a/shape", "/b/data_offsets"},
    ),
}


@pytest.mark.parametrize("kind", LIES)
def test_a_file_that_lies_is_refused_with_all_that_is_wrong(kind: str) -> None:
    data, pointers = LIES[kind]
    told = problems(data)
    assert set(told) == pointers
    assert all(len(detail) < 1000 for detail in told.values())


@pytest.mark.parametrize(
    ("dtype", "width", "bad"),
    [("F64", 8, "<f8"), ("F32", 4, "<f4"), ("F16", 2, "<f2"), ("BF16", 2, None)],
    ids=["F64", "F32", "F16", "BF16"],
)
def test_every_tensor_with_nan_or_infinity_is_named_with_the_first_place(
    dtype: str, width: int, bad: str | None
) -> None:
    nan = np.array(np.nan, bad).tobytes() if bad else b"\xc0\x7f"
    infinity = np.array(-np.inf, bad).tobytes() if bad else b"\x80\xff"
    count = BLOCK_BYTES // width + 10  # more than a block
    body = bytes(width * 5) + nan + bytes(width * (count - 7)) + infinity + bytes(2 * width) + infinity + bytes(4)
    end, last = count * width, (count + 3) * width
    header = entries(
        a=(dtype, [count // 2, 2], [0, end]), b=(dtype, [3], [end, last]), c=("F32", [1], [last, last + 4])
    )
    told = problems(file_of(header, body))
    assert set(told) == {"/a", "/b"}
    assert "2 values that are NaN or infinite, the first at [2, 1]" in told["/a"]
    assert "1 values that are NaN or infinite, the first at [2]" in told["/b"]
