"""Take the arrays `x` and `y` out of an NPZ archive, writing as many bytes as their headers promise and no more."""

import errno
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from tabular.errors import InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.readers.npz.header import FIX, ArrayHeader, invalid, read_header

BLOCK = 1 << 20
MAX_MEMBERS = 100
DIRECTORY_ENTRY_BYTES = 46  # at least, of each member
END_BYTES = 66_000  # the end of a zip file, its comment included
END_MAGIC = b"PK\x05\x06"
MIN_INFLATED_BYTES = 10 << 20  # below this size, the compression ratio is not limited
MAX_INFLATION = 100  # the compression ratio of an array, as of gzip bodies
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
Array = npt.NDArray[Any]


@contextmanager
def open_archive(source: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive. Raises `InvalidDataset` if it is not one, or has very many members."""
    _check_members(source)
    try:  # zipfile raises NotImplementedError for zip versions and patches that it cannot read
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise InvalidDataset([Problem(detail=f"The file is not a valid NPZ archive: {error}.", fix=FIX)]) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a position outside of the file
            raise
        raise InvalidDataset(
            [Problem(detail="The file is not a valid NPZ archive: it is damaged.", fix=FIX)]
        ) from error


def array_header(archive: zipfile.ZipFile, name: str) -> ArrayHeader:
    """Return the header of an array, after comparing it with the size of its member."""
    with _member(archive, name) as file:
        header = read_header(name, file)
        available = archive.getinfo(f"{name}.npy").file_size - file.tell()
    if available != header.bytes:
        reason = f"has {available:,} bytes of values, but its header promises {header.bytes:,}"
        raise invalid(name, reason)
    return header


def extract(archive: zipfile.ZipFile, name: str, header: ArrayHeader, folder: Path) -> Array:
    """Return an array on disk. Raises `InvalidDataset` if its bytes are not as many as its header promises."""
    path, rest = folder / f"{name}.values", header.bytes
    with _member(archive, name) as file, path.open("wb") as out:
        read_header(name, file)
        while rest and (block := file.read(min(BLOCK, rest))):
            out.write(block)
            rest -= len(block)
        if rest or file.read(1):
            raise invalid(name, "has fewer or more bytes of values than its header promises")
    order: Literal["F", "C"] = "F" if header.fortran_order else "C"
    return np.memmap(path, dtype=header.dtype, mode="r", shape=header.shape, order=order)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[BinaryIO]:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        found = ", ".join(repr(each.removesuffix(".npy")) for each in archive.namelist()[:5]) or "nothing"
        raise invalid(name, f"is missing; the file has {found}") from None
    if member.compress_type not in METHODS or member.flag_bits & 1:
        raise invalid(name, "is encrypted or compressed in an unusual way")
    compressed = min(member.compress_size, os.fstat(archive.fp.fileno()).st_size) if archive.fp else 0
    if member.file_size > max(MIN_INFLATED_BYTES, compressed * MAX_INFLATION):
        fix = "Write the file with numpy.savez, without compression."
        raise invalid(name, f"is compressed to less than 1/{MAX_INFLATION} of its size", fix)
    with archive.open(member) as file:
        yield file  # type: ignore[misc]  # reads like a binary file


def _check_members(source: Path) -> None:
    """Raise before the list of members, which may be large, is read."""
    size = source.stat().st_size
    with source.open("rb") as file:
        file.seek(max(0, size - END_BYTES))
        end = file.read()
    at = end.rfind(END_MAGIC)
    if at < 0 or len(end) < at + 20:
        raise InvalidDataset([Problem(detail="The file is not an NPZ archive, or it is incomplete.", fix=FIX)])
    members = int.from_bytes(end[at + 10 : at + 12], "little")
    directory = int.from_bytes(end[at + 12 : at + 16], "little")
    if members > MAX_MEMBERS or directory > MAX_MEMBERS * BLOCK // 1_000:
        raise OverLimit("arrays", MAX_MEMBERS, members)


def check_cells(headers: dict[str, ArrayHeader], limits: Limits) -> None:
    """Raise OverLimit if the arrays have more values or bytes than a table may have."""
    cells = sum(header.bytes // max(1, header.dtype.itemsize) for header in headers.values())
    if cells > limits.cells:
        raise OverLimit("cells", limits.cells, cells)
    if (size := sum(header.bytes for header in headers.values())) > limits.array_bytes:
        raise OverLimit("bytes in its arrays", limits.array_bytes, size)
