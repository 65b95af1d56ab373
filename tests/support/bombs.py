"""Small uploads that would need much memory or time if they were read carelessly: body, headers, and the answer."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

MIB = 1 << 20
CSV, NDJSON = "text/csv", "application/x-ndjson"
PARQUET, NPZ = "application/vnd.apache.parquet", "application/x-npz"
BOMB = {413, 422}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bomb:
    """An upload and the statuses with which it may be rejected."""

    media_type: str
    body: Callable[[int], bytes | Iterator[bytes]]  # takes a scale: 1 in the short form, more in the long one
    encoding: str = "identity"
    statuses: frozenset[int] = frozenset(BOMB)
    is_long: bool = False  # takes minutes

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the request."""
        return {"Content-Type": self.media_type, "Content-Encoding": self.encoding}


@cache
def _gzip_bomb(scale: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b"1,2\n" * (MIB // 4)
    return b"".join(packer.compress(block) for _ in range(32 * scale)) + packer.flush()


def _npy(descr: str, shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def _npz(x: bytes, y: bytes = _npy("'<f8'", "(2,)", bytes(16))) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.npy", x)
            archive.writestr("y.npy", y)
        return file.getvalue()


def _deflate_bomb(scale: int) -> bytes:
    rows = 2_000_000 * min(scale, 10)
    return _npz(_npy("'<f8'", f"({rows}, 1)", bytes(8 * rows)), _npy("'|u1'", f"({rows},)", bytes(rows)))


def _text_bomb(_scale: int) -> bytes:
    return _npz(_npy("'<U1000'", "(3000, 1)", bytes(12_000_000)), _npy("'|u1'", "(3000,)", bytes(3000)))


def _many_members(_scale: int) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for number in range(2_000):
                archive.writestr(f"{number}.npy", b"")
        return file.getvalue()


def _lying_size(_scale: int) -> bytes:
    """The directory says that x has 4 GiB."""
    body = bytearray(_npz(_npy("'<f8'", "(2, 1)", bytes(16))))
    at = body.index(b"PK\x01\x02")
    body[at + 24 : at + 28] = b"\xff\xff\xff\xfe"
    return bytes(body)


def _parquet(query: str) -> bytes:
    with duckdb.connect() as connection:
        path = Path("/dev/shm") / f"bomb-{id(connection)}.parquet"
        try:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 1000000)")
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)


def _page_bomb(_scale: int) -> bytes:
    """One text of 100 kB in a dictionary, for very many rows."""
    return _parquet("SELECT repeat('x', 100000) AS text, i % 7 AS n FROM range(200_000) t(i)")


def _many_rows(_scale: int) -> bytes:
    return _parquet("SELECT 1 AS a FROM range(6_000_000)")


def _lying_rows(_scale: int) -> bytes:
    """The footer of three rows promises a billion rows in the file and in its group."""
    body = _parquet("SELECT 77 AS a FROM range(12345)")
    varint = _varint(2 * 12345)  # Thrift writes integers in zigzag form
    promised = _varint(2 * 1_000_000_000)
    start = len(body) - 8 - int.from_bytes(body[-8:-4], "little")
    footer = body[start:-8].replace(b"\x16" + varint, b"\x16" + promised)
    return body[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _blocks(block: bytes, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield block


def _around(start: bytes, end: bytes, mebibytes: int) -> Iterator[bytes]:
    yield start
    yield from _blocks(b"x" * MIB, mebibytes)
    yield end


def _form_header(_scale: int) -> Iterator[bytes]:
    yield b"--x\r\nContent-Disposition: form-data; name="
    yield from _blocks(b"y" * MIB, 2)


def _large_labels(_scale: int) -> bytes:
    labels = [f"{number}{'x' * 500_000}" for number in range(20)]
    return ("a,b\n" + "".join(f"{number % 3},{label}\n" for number, label in enumerate(labels * 3))).encode()


BOMBS = {
    **{
        f"gzip bomb as {kind.rpartition('/')[2]}": Bomb(media_type=kind, body=_gzip_bomb, encoding="gzip")
        for kind in (CSV, NDJSON, PARQUET, NPZ)
    },
    "gzip in gzip": Bomb(
        media_type=CSV, body=lambda _: gzip.compress(gzip.compress(b"a,b\n1,2\n" * 99)), encoding="gzip"
    ),
    "empty gzip members": Bomb(media_type=CSV, body=lambda _: gzip.compress(b"") * 10_000, encoding="gzip"),
    "array of petabytes": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'<f8'", "(1099511627776, 1000)"))),
    "shape that overflows": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'<f8'", "(140737488355328, 2097152, 8)"))),
    "negative shape": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'<f8'", "(-1, 4)"))),
    "array of objects": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'|O'", "(2, 1)", b"cos\nsystem\n"))),
    "array of structures": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("[('a', '<f8')]", "(2, 1)", bytes(16)))),
    "array with a long dtype": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'<U2000000000'", "(2, 1)"))),
    "deep header": Bomb(media_type=NPZ, body=lambda _: _npz(_npy("'<f8'", "(" * 2000 + ")" * 2000))),
    "deflate bomb": Bomb(media_type=NPZ, body=_deflate_bomb),
    "many members": Bomb(media_type=NPZ, body=_many_members),
    "a text array": Bomb(media_type=NPZ, body=_text_bomb),
    "lying member size": Bomb(media_type=NPZ, body=_lying_size),
    "page bomb": Bomb(media_type=PARQUET, body=_page_bomb, is_long=True),
    "six million rows": Bomb(media_type=PARQUET, body=_many_rows),
    "a billion promised rows": Bomb(media_type=PARQUET, body=_lying_rows),
    "a million columns": Bomb(media_type=CSV, body=lambda _: b"a," * 1_000_000 + b"b\n" + b"1," * 1_000_000 + b"1\n"),
    "a million keys": Bomb(
        media_type=NDJSON, body=lambda _: ("{" + ",".join(f'"{n}":1' for n in range(150_000)) + "}\n").encode()
    ),
    "a huge field": Bomb(media_type=CSV, body=lambda scale: _around(b'a,b\n1,"', b'"\n', 4 * scale)),
    "an open quote": Bomb(media_type=CSV, body=lambda scale: b'a,b\n1,"x\n' + b"1,2\n" * 200_000 * scale),
    "large labels": Bomb(media_type=CSV, body=_large_labels, statuses=frozenset({201, *BOMB})),
    "a long line of JSON": Bomb(media_type=NDJSON, body=lambda scale: _around(b'{"a": "', b'"}\n', 4 * scale)),
    "deep JSON": Bomb(media_type=NDJSON, body=lambda _: b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "long number": Bomb(media_type=NDJSON, body=lambda _: b'{"a": ' + b"9" * 1_000_000 + b"}\n"),
    "half of UTF-16": Bomb(media_type=CSV, body=lambda _: "a,b\n1,2\n".encode("utf-16")[:-1]),
    "UTF-32": Bomb(media_type=CSV, body=lambda _: "a,b\n1,2\n3,4\n".encode("utf-32"), statuses=frozenset({201, 422})),
    "NUL in UTF-16": Bomb(media_type=CSV, body=lambda _: "a\0,b\n1,2\n3,4\n".encode("utf-16")),
    "no line end": Bomb(media_type=CSV, body=lambda scale: _blocks(b"x" * MIB, 4 * scale)),
    "only line ends": Bomb(media_type=CSV, body=lambda scale: _blocks(b"\n" * MIB, 4 * scale)),
    "only delimiters": Bomb(media_type=CSV, body=lambda scale: _blocks(b"," * MIB, 2 * scale)),
    "endless header of a form": Bomb(
        media_type="multipart/form-data; boundary=x", body=_form_header, statuses=frozenset({400})
    ),
}
