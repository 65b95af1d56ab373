"""The registry of encodings: which column types each fits, and how many numbers it takes at most.

To add an encoding: name it in `Encoding`, add an `EncodingRule` here, and write its encoder in
`tabular/preprocessing/encoders/` with an entry in `registry.py` there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.spec.column_embedding import MAX_WAVE_SIZE
from tabular.profile import Column, ColumnType

Encoding = Literal[
    "standardize",
    "robust",
    "quantile",
    "none",
    "one_hot",
    "ordinal",
    "embedding",
    "numeric_embedding",
    "hashed_text",
    "datetime",
    "cyclic",
]

MAX_CATEGORIES = 100  # one-hot inputs of one column; rarer values share one
MAX_EMBEDDED_CATEGORIES = 10_000  # of one column; rarer values share one
MAX_DEFAULT_SIZE = 50  # numbers in an embedding whose size was not requested
MAX_EMBEDDING_SIZE = 512
MAX_ORDERED = 1_000  # categories of an ordinal column
HASHED_SIZE = 256  # inputs of a text whose size was not requested
MAX_HASHED_SIZE = 4_096
ROWS_PER_BIN = 125  # of a number whose bins were not requested
MIN_BINS, MAX_DEFAULT_BINS = 4, 32
MAX_BINS = 256
DEFAULT_FREQUENCIES = 16  # of the waves of a number
Cycle = Literal["month", "weekday", "hour"]
CYCLES: dict[str, int] = {"month": 12, "weekday": 7, "hour": 24}  # of a datetime; each becomes a sine and a cosine


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """How many inputs a column takes at most.

    size: the default of the feature's `size`, if it has one.
    bins: the default of the feature's `bins`, if it has them.
    embeddings: their number, only for embeddings.
    """

    inputs_at_most: int
    size: int | None = None
    embeddings: int | None = None
    bins: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingRule:
    """What planning knows about an encoding.

    default_for: the column types that have this encoding unless another is requested.
    width: of a column with an input for missing values, if it has missing values.
    indicator: whether missing values may have an input of their own.
    max_size: the largest `size` that may be requested; None if the encoding has no size.
    max_categories: how many repeated values it can tell apart.
    """

    name: Encoding
    types: frozenset[ColumnType]
    description: str
    width: Callable[[Column], Width]
    default_for: frozenset[ColumnType] = frozenset()
    indicator: bool = True
    max_size: int | None = None
    max_categories: int | None = None


def repeated_values(column: Column) -> int:
    """Return how many values occur in more than one row; only these can be learned individually."""
    return column.distinct - (column.singletons or 0)


def default_size(embeddings: int) -> int:
    """Return the size of an embedding of `embeddings` categories, by the rule of thumb 1.6 n^0.56 (fast.ai)."""
    return min(MAX_DEFAULT_SIZE, round(1.6 * math.pow(embeddings, 0.56)))


def default_bins(column: Column) -> int:
    """Return the number of bins of a number column: more for more rows."""
    rows = sum(column.histogram.counts) if column.histogram else column.distinct
    return max(MIN_BINS, min(rows // ROWS_PER_BIN, MAX_DEFAULT_BINS))


def _missing(column: Column) -> int:
    return int(column.missing > 0)


def _number_width(column: Column) -> Width:
    return Width(inputs_at_most=1 + _missing(column))


def _one_hot_width(column: Column) -> Width:
    return Width(inputs_at_most=min(repeated_values(column), MAX_CATEGORIES) + 1 + _missing(column))


def _embedding_width(column: Column) -> Width:
    embeddings = min(repeated_values(column), MAX_EMBEDDED_CATEGORIES) + 1 + _missing(column)
    return Width(inputs_at_most=1, size=default_size(embeddings), embeddings=embeddings)


def _hashed_width(column: Column) -> Width:
    return Width(inputs_at_most=HASHED_SIZE + _missing(column), size=HASHED_SIZE)


def _piecewise_width(column: Column) -> Width:
    bins = default_bins(column)
    return Width(inputs_at_most=1 + bins + _missing(column), bins=bins)


def _cyclic_width(column: Column) -> Width:
    waves = len(CYCLES) if column.type == "datetime" else 1
    return Width(inputs_at_most=2 * waves + _missing(column))


def _datetime_width(column: Column) -> Width:
    return Width(inputs_at_most=1 + 2 * len(CYCLES) + _missing(column))


ENCODINGS: dict[Encoding, EncodingRule] = {
    rule.name: rule
    for rule in (
        EncodingRule(
            name="standardize",
            types=frozenset({"number"}),
            default_for=frozenset({"number"}),
            description="mean 0 and standard deviation 1 on the training rows",
            width=_number_width,
        ),
        EncodingRule(
            name="robust",
            types=frozenset({"number"}),
            description="the distance from the median in interquartile ranges, smoothly clipped at 3 "
            "(the default for a column with an extreme outlier)",
            width=_number_width,
        ),
        EncodingRule(
            name="quantile",
            types=frozenset({"number"}),
            description="the rank among the training rows, as a value of a normal distribution",
            width=_number_width,
        ),
        EncodingRule(
            name="numeric_embedding",
            types=frozenset({"number"}),
            description="the number as in `robust`, and for each of `bins` bins how much of it lies below the number; "
            f"by default one bin for {ROWS_PER_BIN} rows, from {MIN_BINS} to {MAX_DEFAULT_BINS}; "
            "with a `size`, learned waves of the number, too",
            width=_piecewise_width,
            max_size=MAX_WAVE_SIZE,
        ),
        EncodingRule(
            name="none",
            types=frozenset({"number"}),
            description="numbers unchanged (the default before an `embedding` layer)",
            width=_number_width,
        ),
        EncodingRule(
            name="one_hot",
            types=frozenset({"number", "category", "boolean", "text"}),
            default_for=frozenset({"category", "boolean"}),
            description=f"one input for each of the {MAX_CATEGORIES} most frequent values; "
            "for two values one input, -1 or 1",
            width=_one_hot_width,
            max_categories=MAX_CATEGORIES,
        ),
        EncodingRule(
            name="ordinal",
            types=frozenset({"category", "boolean"}),
            description="the position of the category in `order`, from -1 to 1",
            width=_number_width,
        ),
        EncodingRule(
            name="embedding",
            types=frozenset({"number", "category", "boolean", "text"}),
            description=f"a learned embedding for each of the {MAX_EMBEDDED_CATEGORIES:,} most frequent values",
            width=_embedding_width,
            indicator=False,
            max_size=MAX_EMBEDDING_SIZE,
            max_categories=MAX_EMBEDDED_CATEGORIES,
        ),
        EncodingRule(
            name="hashed_text",
            types=frozenset({"category", "text"}),
            default_for=frozenset({"text"}),
            description=f"words, pairs of words and character n-grams, hashed into `size` inputs ({HASHED_SIZE})",
            width=_hashed_width,
            max_size=MAX_HASHED_SIZE,
        ),
        EncodingRule(
            name="datetime",
            types=frozenset({"datetime"}),
            default_for=frozenset({"datetime"}),
            description="years, standardized; sine and cosine of month, day of week and hour, each only if it varies",
            width=_datetime_width,
        ),
        EncodingRule(
            name="cyclic",
            types=frozenset({"datetime", "number"}),
            description="sine and cosine: of month, day of week and hour of a time, each only if it varies, without "
            "the years; of a number's position in `period`",
            width=_cyclic_width,
        ),
    )
}


def fitting_encodings(kind: ColumnType) -> tuple[Encoding, ...]:
    """Return the encodings that fit a column type; the first is the default."""
    fitting = (rule for rule in ENCODINGS.values() if kind in rule.types)
    return tuple(rule.name for rule in sorted(fitting, key=lambda rule: kind not in rule.default_for))
