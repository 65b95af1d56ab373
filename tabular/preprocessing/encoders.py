"""The registry of encoders, by the encodings of `tabular.encodings`: fit one, or read a stored one."""

from collections.abc import Callable
from typing import Any, get_args

from tabular.planning.features.feature_plan import FeaturePlan
from tabular.preprocessing.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.datetimes import DatetimeEncoder
from tabular.preprocessing.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.robust import QuantileEncoder, RobustEncoder
from tabular.table import TableColumn

ColumnEncoder = StandardizeEncoder | RobustEncoder | QuantileEncoder | RawEncoder | OneHotEncoder | DatetimeEncoder
Encoder = ColumnEncoder | EmbeddingEncoder

COLUMN_ENCODERS: dict[str, type[ColumnEncoder]] = {kind.encoding: kind for kind in get_args(ColumnEncoder)}
ENCODERS: dict[str, type[Encoder]] = {**COLUMN_ENCODERS, EmbeddingEncoder.encoding: EmbeddingEncoder}


def fit_encoder(feature: FeaturePlan, column: TableColumn) -> Encoder:
    """Return the feature's encoder, fitted on the training rows of its column."""
    if feature.size is not None and feature.vectors is not None:
        return EmbeddingEncoder.fit(column, feature.size, feature.vectors)
    return COLUMN_ENCODERS[feature.encoding].fit(column, indicator=feature.missing_indicator)


def read_encoder(encoding: str, fitted: dict[str, Any]) -> Encoder:
    """Return the encoder with these stored fields; JSON lists become tuples."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fitted.items()}
    build: Callable[..., Encoder] = ENCODERS[encoding]
    return build(**fields)
