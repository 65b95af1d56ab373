"""Exported weights are readable by each format's own library, and equal weights give equal bytes."""

import io
from typing import get_args

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from engine.errors import InvalidWeights
from engine.interchange.export_formats import EXPORT_FORMATS, ExportName
from engine.interchange.npz import dump_npz
from engine.interchange.safetensors import dump_safetensors, load_metadata, load_safetensors
from engine.interchange.tensors import Tensors

TENSORS = {
    "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "0.bias": np.array([1.5, -2.0]),
    "n": np.array([7], dtype=np.int64),
}


def assert_equal(first: Tensors, second: Tensors) -> None:
    assert list(first) == list(second)
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
        assert values.dtype == second[name].dtype


def test_every_format_name_is_registered() -> None:
    assert set(EXPORT_FORMATS) == set(get_args(ExportName))


def test_the_library_reads_our_safetensors() -> None:
    tensors = safetensors.numpy.load(dump_safetensors(TENSORS, {"a": "b"}))
    assert_equal(dict(sorted(tensors.items())), dict(sorted(TENSORS.items())))


def test_safetensors_of_the_library_are_loaded() -> None:
    tensors = load_safetensors(safetensors.numpy.save(TENSORS, {"a": "b"}))
    assert_equal(dict(sorted(tensors.items())), dict(sorted(TENSORS.items())))


def test_safetensors_keep_weights_order_and_metadata() -> None:
    data = dump_safetensors(TENSORS, {"b": "1", "a": "é"})
    assert_equal(load_safetensors(data), TENSORS)
    assert load_metadata(data) == {"a": "é", "b": "1"}
    assert load_metadata(dump_safetensors(TENSORS, {})) == {}


def test_equal_weights_give_equal_bytes() -> None:
    assert dump_safetensors(TENSORS, {"a": "1", "b": "2"}) == dump_safetensors(dict(TENSORS), {"b": "2", "a": "1"})
    assert dump_npz(TENSORS) == dump_npz(dict(TENSORS))


def test_bfloat16_and_float16_values_are_decoded() -> None:
    numbers = np.array([1.0, -2.5, 0.0078125, 3.0e38], np.float32)
    halves = np.ascontiguousarray(numbers.view(np.uint32) >> 16).astype("<u2")
    half = np.array([1.0, -2.5], np.float16)
    specs = {
        name: safetensors.TensorSpec(dtype=dtype, shape=a.shape, data_ptr=a.ctypes.data, data_len=a.nbytes)
        for name, dtype, a in (("a", "bfloat16", halves), ("b", "float16", half))
    }
    tensors = load_safetensors(bytes(safetensors.serialize(specs)))
    np.testing.assert_allclose(tensors["a"], numbers, rtol=2**-8)
    assert tensors["a"].dtype == np.float32
    np.testing.assert_array_equal(tensors["b"], half)


@pytest.mark.parametrize("kept", [0, 7, 20, -1])
def test_truncated_bytes_are_rejected(kept: int) -> None:
    with pytest.raises(InvalidWeights):
        load_safetensors(dump_safetensors(TENSORS, {})[:kept])


@pytest.mark.parametrize(
    ("old", "new"), [(b"[2,3]", b"[9,9]"), (b'"F64"', b'"F99"'), (b'"I64"', b'"U64"'), (b"[0,24]", b"[9,24]")]
)
def test_a_wrong_header_is_rejected(old: bytes, new: bytes) -> None:
    data = dump_safetensors(TENSORS, {})
    assert old in data
    with pytest.raises(InvalidWeights):
        load_safetensors(data.replace(old, new))


def test_numpy_reads_the_npz() -> None:
    with np.load(io.BytesIO(dump_npz(TENSORS)), allow_pickle=False) as archive:
        assert_equal(dict(archive), TENSORS)
