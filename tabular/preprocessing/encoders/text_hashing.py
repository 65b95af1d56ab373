"""Hash the words and character n-grams of a text into a vector of fixed size, the same in every process."""

import re
from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]

WORD = re.compile(r"\w+")
NGRAMS = (3, 4)  # characters of a word, with marks at its ends
MAX_CHARACTERS = 10_000  # of a text; the rest is ignored
MAX_WORDS = 100_000  # whose hashes are kept; most texts repeat few words
MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number that spreads all bits of a checksum into the upper ones
UNUSED_BITS = np.uint64(33)  # the upper 31 bits give the place; the uppermost of them gives the sign
SIGN_BIT = np.uint64(63)


class TextHasher:
    """Hashes texts into vectors of `size` numbers; remembers the hashes of words."""

    def __init__(self, size: int) -> None:
        self._size = np.uint64(size)
        self._words = dict[str, Hashes]()

    def vector(self, text: str) -> Floats:
        """Return (size,) signed counts of the text's words, pairs of words and n-grams, scaled to length 1.

        A text without words gives zeros. The signs make collisions cancel out on average.
        """
        words = WORD.findall(text[:MAX_CHARACTERS].casefold())
        pairs = np.array([_checksum(f"{first} {second}") for first, second in pairwise(words)], dtype=np.uint64)
        hashes = np.concatenate([*map(self._hashes_of, words), pairs]) * MIX
        places = (hashes >> UNUSED_BITS) % self._size
        signs = 1.0 - 2.0 * (hashes >> SIGN_BIT)
        counts = np.bincount(places.astype(np.int64), signs, minlength=int(self._size))
        length = float(np.sqrt(counts @ counts))
        return counts / length if length else np.zeros(int(self._size))

    def _hashes_of(self, word: str) -> Hashes:
        """Return the checksums of a word and of its n-grams."""
        found = self._words.get(word)
        if found is None:
            if len(self._words) >= MAX_WORDS:
                self._words.clear()
            found = np.array([_checksum(part) for part in _parts(word)], dtype=np.uint64)
            self._words[word] = found
        return found


def _parts(word: str) -> Iterator[str]:
    yield f" {word} "
    marked = f"<{word}>"
    for length in NGRAMS:
        yield from (marked[start : start + length] for start in range(len(marked) - length + 1))


def _checksum(part: str) -> int:
    return crc32(part.encode("utf-8", "surrogatepass"))
