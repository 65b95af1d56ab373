"""Decode a file to UTF-8 text with one kind of line end."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabular.errors import MAX_PROBLEMS, InvalidDataset, Problem
from tabular.profile import DataWarning

BLOCK = 1 << 20
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
EXPORT = "Export the table as CSV in UTF-8 and send that."
WINDOWS = "cp1252"  # the default of office programs in western Europe and America


@dataclass(slots=True)
class _Found:
    """What one pass over the file found."""

    utf8: bool = True
    nul: bool = False
    lone_newlines: bool = False
    pairs: bool = False
    lone_returns: bool = False

    @property
    def mixed(self) -> bool:
        return self.lone_newlines + self.pairs + self.lone_returns > 1


def make_readable(source: Path, folder: Path) -> tuple[Path, list[DataWarning]]:
    """Return a file that DuckDB reads: `source` itself, or a copy in `folder` in UTF-8 with plain line ends.

    Raises:
        InvalidDataset: the file is empty, not text, or in an unknown encoding.
    """
    start = _start(source)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _copy(source, folder, "utf-16"), [_recoded("UTF-16")]
    found = _scan(source)
    if found.nul:
        raise InvalidDataset(_lines(source, b"\0", "The line contains a NUL byte, which is not allowed in text."))
    encoding, warnings = "utf-8-sig", list[DataWarning]()
    if not found.utf8:
        encoding, warnings = _windows(source), [_recoded("Windows-1252")]
    if found.utf8 and not found.mixed:
        return source, warnings
    return _copy(source, folder, encoding), warnings


def _start(source: Path) -> bytes:
    with source.open("rb") as file:
        start = file.read(BLOCK)
    if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise InvalidDataset([Problem(detail="The file is empty.", fix=EXPORT)])
    for signature, name in SIGNATURES.items():
        if start.startswith(signature):
            raise InvalidDataset([Problem(detail=f"The file is {name}, not CSV.", line=1, fix=EXPORT)])
    return start


def _scan(source: Path) -> _Found:
    found, decoder = _Found(), codecs.getincrementaldecoder("utf-8")()
    held = b""  # a CR at the end of a block may belong to an LF in the next block
    for block in _blocks(source):
        if found.utf8:
            found.utf8 = _decodes(decoder, block)
        found.nul = found.nul or b"\0" in block
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


def _windows(source: Path) -> str:
    """Return the Windows encoding if the whole file fits it; otherwise raise an error that lists the invalid lines.

    A file with both valid and invalid UTF-8 letters is damaged, not in another encoding.
    """
    windows, utf8 = codecs.getincrementaldecoder(WINDOWS)(), codecs.getincrementaldecoder("utf-8")("ignore")
    for block in _blocks(source):
        if not _decodes(windows, block) or not utf8.decode(block).isascii():
            raise InvalidDataset(list(_not_utf8(source)))
    return WINDOWS


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


def _lines(source: Path, what: bytes, detail: str) -> list[Problem]:
    problems = []
    with source.open("rb") as file:
        for line, text in enumerate(iter(lambda: file.readline(BLOCK), b""), 1):
            if what in text:
                problems.append(Problem(detail=detail, line=line, fix=EXPORT))
            if len(problems) == MAX_PROBLEMS:
                break
    return problems


def _recoded(name: str) -> DataWarning:
    return DataWarning(
        code="not_utf8",
        detail=f"The file is not UTF-8; it was read as {name}.",
        fix="Export it as UTF-8 to be sure that every letter is right.",
    )


def _copy(source: Path, folder: Path, encoding: str) -> Path:
    """Write the text as UTF-8 with LF line ends."""
    copy = folder / "readable.csv"
    try:
        with source.open(encoding=encoding) as text, copy.open("w", encoding="utf-8", newline="\n") as out:
            while block := text.read(BLOCK):
                out.write(block)
    except UnicodeDecodeError as error:
        raise InvalidDataset([Problem(detail=f"The file is not valid {encoding}.", fix=EXPORT)]) from error
    return copy
