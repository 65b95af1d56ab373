"""The registry of encoders, by the encodings of `tabular.encodings`: fit one, or read a stored one."""

from collections.abc import Callable
from typing import Any, get_args

from tabular.planning.features.feature_plan import FeaturePlan
from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.preprocessing.encoders.hashed_text import HashedTextEncoder
from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.encoders.ordinal import OrdinalEncoder
from tabular.preprocessing.encoders.robust import QuantileEncoder, RobustEncoder
from tabular.table import TableColumn

ColumnEncoder = StandardizeEncoder | RobustEncoder | QuantileEncoder | RawEncoder | OneHotEncoder | DatetimeEncoder
Encoder = ColumnEncoder | OrdinalEncoder | HashedTextEncoder | EmbeddingEncoder

COLUMN_ENCODERS: dict[str, type[ColumnEncoder]] = {kind.encoding: kind for kind in get_args(ColumnEncoder)}
ENCODERS: dict[str, type[Encoder]] = {kind.encoding: kind for kind in get_args(Encoder)}


def fit_encoder(feature: FeaturePlan, column: TableColumn) -> Encoder:
    """Return the feature's encoder, fitted on the training rows of its column."""
    indicator = feature.missing_indicator
    match feature:
        case FeaturePlan(encoding="embedding", size=int(size), vectors=int(embeddings)):
            return EmbeddingEncoder.fit(column, size, embeddings)
        case FeaturePlan(encoding="hashed_text", size=int(size)):
            return HashedTextEncoder.fit(column, size=size, indicator=indicator)
        case FeaturePlan(encoding="ordinal"):
            return OrdinalEncoder.fit(column, order=feature.order, indicator=indicator)
        case _:
            return COLUMN_ENCODERS[feature.encoding].fit(column, indicator=indicator)


def read_encoder(encoding: str, fitted: dict[str, Any]) -> Encoder:
    """Return the encoder with these stored fields; JSON lists become tuples."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fitted.items()}
    build: Callable[..., Encoder] = ENCODERS[encoding]
    return build(**fields)
