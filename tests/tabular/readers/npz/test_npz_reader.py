"""NPZ files: arrays of any rank as columns, and headers that are not true."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tabular.errors import Problem
from tests.support.typed_files import problems_as, read_as, write_npz

LABELS = np.array(["cat", "dog"] * 5)


def lying(folder: Path, header: bytes, values: bytes = b"") -> list[Problem]:
    """Return the problems of a file whose array `x` has this header and these values."""
    path, y = folder / "a.npz", io.BytesIO()
    np.save(y, LABELS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        length = len(header).to_bytes(2, "little")
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + length + header + values)
        archive.writestr("y.npy", y.getvalue())
    return problems_as("npz", path)


def test_columns_are_named_by_position(tmp_path: Path) -> None:
    x = np.arange(60, dtype=np.float32).reshape(10, 2, 3)
    found = read_as("npz", write_npz(tmp_path / "a.npz", x=x, y=LABELS))
    assert [column.name for column in found.profile.columns] == [
        "x_0_0",
        "x_0_1",
        "x_0_2",
        "x_1_0",
        "x_1_1",
        "x_1_2",
        "y",
    ]
    assert found.cells("x_1_2") == x[:, 1, 2].tolist()
    assert found.cells("y") == LABELS.tolist()
    assert found.profile.reading is not None
    assert found.profile.reading.to_json()["shape"] == [10, 2, 3]


@pytest.mark.parametrize("dtype", ["i1", "u2", ">i4", "i8", "f2", ">f8", "f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dtypes_and_orders_give_the_same_numbers(tmp_path: Path, dtype: str, order: str) -> None:
    x = np.array(np.arange(20).reshape(10, 2), dtype=dtype, order=order)  # type: ignore[call-overload]
    found = read_as("npz", write_npz(tmp_path / "a.npz", x=x, y=np.arange(10.0)))
    assert found.cells("x_1") == list(range(1, 20, 2))


def test_bytes_are_labels_and_nan_is_missing(tmp_path: Path) -> None:
    x = np.full((10, 1), np.nan)
    x[:5] = 1.5
    found = read_as("npz", write_npz(tmp_path / "a.npz", x=x, y=LABELS.astype("S")))
    assert found.cells("x_0") == [1.5] * 5 + [None] * 5
    assert found.cells("y") == LABELS.tolist()


UNFIT = {
    "objects": ({"x": np.ones((10, 1)), "y": np.array([1, "a"] * 5, dtype=object)}, "Python objects"),
    "one dimension": ({"x": np.ones(10), "y": LABELS}, "dimension"),
    "other rows": ({"x": np.ones((9, 1)), "y": LABELS}, "10 rows"),
    "no y": ({"x": np.ones((10, 1))}, "missing"),
    "complex": ({"x": np.ones((10, 1), dtype=complex), "y": LABELS}, "complex"),
    "fields": ({"x": np.ones((10, 1), dtype=[("a", "f4")]), "y": LABELS}, "named fields"),
    "no rows": ({"x": np.ones((0, 1)), "y": LABELS[:0]}, "no rows"),
    "infinity": ({"x": np.full((10, 1), np.inf), "y": LABELS}, "finite"),
    "million columns": ({"x": np.zeros((10, 1000, 1000), dtype="u1"), "y": LABELS}, "columns"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_arrays_that_do_not_fit_are_explained(tmp_path: Path, kind: str) -> None:
    arrays, expected = UNFIT[kind]
    problem = problems_as("npz", write_npz(tmp_path / "a.npz", **arrays))[0]
    assert expected in problem.detail
    assert problem.fix


GOOD = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10, 2), }"
LIES = {
    "fewer values": (GOOD, bytes(100)),
    "more values": (GOOD, bytes(200)),
    "huge shape": (GOOD.replace(b"10, 2", b"10, 20000000000"), bytes(160)),
    "negative shape": (GOOD.replace(b"10, 2", b"10, -2"), bytes(160)),
    "code": (b"__import__('os').system('true')", b""),
    "long header": (GOOD + b" " * 5_000, bytes(160)),
    "deep header": (b"(" * 4_000, b""),
    "other keys": (b"{'descr': '<f8'}", bytes(160)),
    "unknown dtype": (GOOD.replace(b"<f8", b"zzz"), bytes(160)),
    "huge strings": (GOOD.replace(b"<f8", b"<U999999999"), bytes(160)),
    "many dimensions": (GOOD.replace(b"10, 2", b"1," * 100), bytes(160)),
}


@pytest.mark.parametrize("kind", LIES)
def test_headers_that_are_not_true_are_rejected(tmp_path: Path, kind: str) -> None:
    assert lying(tmp_path, *LIES[kind])[0].fix


def test_other_files_and_damaged_archives_are_rejected(tmp_path: Path) -> None:
    whole = write_npz(tmp_path / "a.npz", x=np.ones((10, 1)), y=LABELS).read_bytes()
    source = tmp_path / "damaged.npz"
    for damaged in (b"", b"a,b\n1,2\n", whole[:-30], whole[:30] + bytes(40) + whole[70:]):
        source.write_bytes(damaged)
        assert problems_as("npz", source)[0].fix


def test_archives_with_many_members_are_rejected_before_they_are_listed(tmp_path: Path) -> None:
    source = tmp_path / "a.npz"
    with zipfile.ZipFile(source, "w") as archive:
        for number in range(200):
            archive.writestr(f"{number}.npy", b"")
    assert "arrays" in problems_as("npz", source)[0].detail
