"""Weight files are what their libraries read, and the same bytes every time."""

import io

import numpy as np
import pytest
import safetensors.numpy

from engine.errors import InvalidWeights
from engine.interchange.weights_files import State, from_safetensors, to_npz, to_safetensors

STATE = {
    "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "0.bias": np.array([1.5, -2.0]),
    "n": np.array([7], dtype=np.int64),
}


def assert_equal(first: State, second: State) -> None:
    assert list(first) == list(second)
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
        assert values.dtype == second[name].dtype


def test_the_library_reads_what_is_written() -> None:
    state = safetensors.numpy.load(to_safetensors(STATE, {"a": "b"}))
    assert_equal(dict(sorted(state.items())), dict(sorted(STATE.items())))


def test_what_the_library_writes_is_read() -> None:
    state, _ = from_safetensors(safetensors.numpy.save(STATE, {"a": "b"}))
    assert_equal(dict(sorted(state.items())), dict(sorted(STATE.items())))


def test_weights_and_metadata_come_back() -> None:
    state, metadata = from_safetensors(to_safetensors(STATE, {"b": "1", "a": "é"}))
    assert_equal(state, STATE)
    assert metadata == {"a": "é", "b": "1"}


def test_the_same_weights_are_the_same_bytes() -> None:
    assert to_safetensors(STATE, {"a": "1", "b": "2"}) == to_safetensors(dict(STATE), {"b": "2", "a": "1"})
    assert to_npz(STATE) == to_npz(dict(STATE))


@pytest.mark.parametrize("kept", [0, 7, 20, -1])
def test_a_cut_file_is_refused(kept: int) -> None:
    with pytest.raises(InvalidWeights):
        from_safetensors(to_safetensors(STATE, {})[:kept])


def test_a_header_that_lies_is_refused() -> None:
    data = to_safetensors(STATE, {})
    for old, new in ((b"[2,3]", b"[9,9]"), (b'"F64"', b'"F99"'), (b"[0,24]", b"[9,24]")):
        with pytest.raises(InvalidWeights):
            from_safetensors(data.replace(old, new))


def test_numpy_reads_the_npz() -> None:
    with np.load(io.BytesIO(to_npz(STATE)), allow_pickle=False) as archive:
        assert_equal(dict(archive), STATE)
