"""Character encodings: which are supported, and how to guess one from bytes."""

import codecs
import re

WESTERN, CYRILLIC, JAPANESE = "cp1252", "cp1251", "shift_jis"
SUPPORTED = re.compile(
    r"utf-8(-sig)?|utf-(16|32)(-[lb]e)?|ascii|cp\d{3,4}|iso8859-\d{1,2}|shift_jis|euc_jp|euc_kr|iso2022_jp|gb2312|gbk|"
    r"gb18030|big5|koi8-[rut]|mac-roman|mac-cyrillic|tis-620"
)
NAMES = {
    "cp1252": "Windows-1252 (western European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "shift_jis": "Shift_JIS (Japanese)",
    "utf-16": "UTF-16",
}
RUN = re.compile(rb"[\xc0-\xff]{2,}")  # letters of a Cyrillic word; Western words rarely have two such bytes in a row
LETTER = re.compile(rb"[\x80-\xff]")
KANA = re.compile("[\u3041-\u30ff]")


def check_encoding(name: str) -> str:
    """Return Python's name of an encoding.

    Raises:
        ValueError: it is unknown or does not encode text.
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not SUPPORTED.fullmatch(found):
        raise ValueError(f"encoding {name!r} is not supported; use a name such as utf-8, windows-1252 or shift_jis")
    return found


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of bytes that are not UTF-8: Western, Cyrillic or Japanese."""
    high = LETTER.findall(sample)
    text = sample.decode(JAPANESE, "replace")
    if text.count("\ufffd") <= 1 and len(KANA.findall(text)) > len(high) / 8:  # the sample may end inside a letter
        return JAPANESE
    in_runs = sum(len(run) for run in RUN.findall(sample))
    return CYRILLIC if high and in_runs > len(high) / 2 else WESTERN


def display_name(encoding: str) -> str:
    """Return an encoding's name for people."""
    return NAMES.get(encoding, encoding)
