"""Decode a file to UTF-8 text with one kind of line end."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabular.errors import MAX_PROBLEMS, InvalidDataset, Problem
from tabular.profile import DataWarning
from tabular.readers.encodings import check_encoding, display_name, guess_encoding

BLOCK = 1 << 20
ASCII_END = 0x80
MARK_BYTES, MIN_LETTERS, MOSTLY_NUL = 2_000, 10, 0.8  # from which UTF-16 without a mark is recognized
SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
    b"[{": "JSON",
    b'{"': "JSON",
}
JSON_FIX = "Send one object per line with Content-Type: application/x-ndjson, or export the table as CSV."
EXPORT = "Export the table as CSV in UTF-8 and send that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A file in UTF-8 with one kind of line end. `encoding`: of the file as it was sent."""

    path: Path
    encoding: str
    ascii: bool
    warnings: tuple[DataWarning, ...] = ()


@dataclass(slots=True)
class _Found:
    """What one pass over the file found."""

    utf8: bool = True
    ascii: bool = True
    nul: bool = False
    lone_newlines: bool = False
    pairs: bool = False
    lone_returns: bool = False

    @property
    def mixed(self) -> bool:
        return self.lone_newlines + self.pairs + self.lone_returns > 1


def make_readable(source: Path, folder: Path, encoding: str | None = None) -> Readable:
    """Return a file that DuckDB reads: `source` itself, or a copy in `folder` in UTF-8 with plain line ends.

    encoding: as the sender says; None detects it.

    Raises:
        InvalidDataset: the file is empty, not text, or not in the encoding.
    """
    start = _start(source)
    name = check_encoding(encoding) if encoding else None
    if name not in {None, "utf-8", "utf-8-sig", "ascii"}:
        return _copy(source, folder, name or "", warnings=())
    if name is None and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _copy(source, folder, "utf-16", warnings=(_recoded("utf-16"),))
    if name is None and (guess := _utf16_without_mark(start)):
        return _copy(source, folder, guess, warnings=(_recoded(guess),))
    found = _scan(source)
    if found.nul:
        raise InvalidDataset(_nul_lines(source))
    if found.utf8 and not found.mixed:
        return Readable(path=source, encoding="utf-8", ascii=found.ascii)
    if found.utf8:
        return _copy(source, folder, "utf-8-sig", warnings=())
    if name is not None or _is_damaged_utf8(source):
        raise InvalidDataset(list(_not_utf8(source)))
    guess = guess_encoding(b"".join(line for line in _high_lines(source)))
    return _copy(source, folder, guess, warnings=(_recoded(guess),))


def _start(source: Path) -> bytes:
    with source.open("rb") as file:
        start = file.read(BLOCK)
    if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise InvalidDataset([Problem(detail="The file is empty.", fix=EXPORT)])
    for signature, name in SIGNATURES.items():
        if start.startswith(signature):
            fix = JSON_FIX if name == "JSON" else EXPORT
            raise InvalidDataset([Problem(detail=f"The file is {name}, not CSV.", line=1, fix=fix)])
    return start


def _utf16_without_mark(start: bytes) -> str | None:
    """Return the encoding if nearly every second byte is NUL, as in Latin letters of two bytes."""
    start = start[:MARK_BYTES]
    for encoding, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = start[offset::2]
        if (
            len(half) >= MIN_LETTERS
            and half.count(0) >= MOSTLY_NUL * len(half)
            and start[1 - offset :: 2].count(0) == 0
        ):
            return encoding
    return None


def _scan(source: Path) -> _Found:
    found, decoder = _Found(), codecs.getincrementaldecoder("utf-8")()
    held = b""  # a CR at the end of a block may belong to an LF in the next block
    for block in _blocks(source):
        if found.utf8:
            found.utf8 = _decodes(decoder, block)
        found.nul = found.nul or b"\0" in block
        found.ascii = found.ascii and block.isascii()
        if not found.mixed:
            held = _line_ends(held + block, found)
    if held:
        found.lone_returns = True
    if found.utf8:
        found.utf8 = _decodes(decoder, b"", final=True)
    return found


def _blocks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _line_ends(block: bytes, found: _Found) -> bytes:
    """Record which line ends occur. Return a final CR, which may be the first half of CRLF."""
    held = b"\r" if block.endswith(b"\r") else b""
    block = block[: len(block) - len(held)]
    newlines = block.count(b"\n")
    returns = block.count(b"\r") if b"\r" in block else 0
    pairs = block.count(b"\r\n") if returns else 0
    found.pairs |= pairs > 0
    found.lone_newlines |= newlines > pairs
    found.lone_returns |= returns > pairs
    return held


def _is_damaged_utf8(source: Path) -> bool:
    """Return whether a file that is not UTF-8 has valid UTF-8 letters too: it is damaged, not in another encoding."""
    utf8 = codecs.getincrementaldecoder("utf-8")("ignore")
    letters = broken = 0
    for block in _blocks(source):
        valid = sum(not character.isascii() for character in utf8.decode(block))
        letters += valid
        broken += sum(byte >= ASCII_END for byte in block if not block.isascii()) - 2 * valid
    return letters > 0 and letters >= broken


def _high_lines(source: Path) -> Iterator[bytes]:
    """Yield lines with bytes outside of ASCII, up to a block."""
    size = 0
    with source.open("rb") as file:
        for line in iter(lambda: file.readline(BLOCK), b""):
            if not line.isascii():
                yield line
                size += len(line)
            if size > BLOCK:
                return


def _not_utf8(source: Path) -> Iterator[Problem]:
    problems = 0
    with source.open("rb") as file:
        for line, text in enumerate(file, 1):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError as error:
                value = text[max(0, error.start - 20) : error.end + 20].decode("utf-8", "backslashreplace").strip()
                yield Problem(detail="The line is not valid UTF-8.", line=line, value=value, fix=EXPORT)
                problems += 1
            if problems == MAX_PROBLEMS:
                return


def _nul_lines(source: Path) -> list[Problem]:
    detail = "The line contains a NUL byte, which is not allowed in text."
    problems = []
    with source.open("rb") as file:
        for line, text in enumerate(iter(lambda: file.readline(BLOCK), b""), 1):
            if b"\0" in text:
                problems.append(Problem(detail=detail, line=line, fix=EXPORT))
            if len(problems) == MAX_PROBLEMS:
                break
    return problems


def _recoded(encoding: str) -> DataWarning:
    return DataWarning(
        code="not_utf8",
        detail=f"The file is not UTF-8; it was read as {display_name(encoding)}.",
        fix="Export it as UTF-8, or send its encoding, such as ?encoding=windows-1252.",
    )


def _copy(source: Path, folder: Path, encoding: str, *, warnings: tuple[DataWarning, ...]) -> Readable:
    """Write the text as UTF-8 with LF line ends."""
    copy = folder / "readable.csv"
    line = 1
    try:
        with source.open(encoding=encoding) as text, copy.open("w", encoding="utf-8", newline="\n") as out:
            while block := text.read(BLOCK):
                if "\0" in block:
                    detail = "The line contains a NUL character, which is not allowed in text."
                    at = line + block[: block.index("\0")].count("\n")
                    raise InvalidDataset([Problem(detail=detail, line=at, fix=EXPORT)])
                line += block.count("\n")
                out.write(block.removeprefix("\ufeff"))
    except UnicodeError as error:
        detail = f"The file is not valid {display_name(encoding)}."
        raise InvalidDataset([Problem(detail=detail, line=line, fix=EXPORT)]) from error
    return Readable(path=copy, encoding=encoding.removesuffix("-sig"), ascii=False, warnings=warnings)
