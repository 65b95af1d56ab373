"""The registry of encoders, by the encodings of `tabular.encodings`: fit one, or read a stored one."""

from collections.abc import Callable
from typing import Any, get_args

from tabular.planning.features.feature_plan import FeaturePlan
from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.encoders.cyclic import CyclicEncoder
from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.preprocessing.encoders.hashed_text import HashedTextEncoder
from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.encoders.ordinal import OrdinalEncoder
from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder
from tabular.preprocessing.encoders.robust import QuantileEncoder, RobustEncoder
from tabular.table import TableColumn

NumberEncoder = StandardizeEncoder | RobustEncoder | QuantileEncoder | RawEncoder | NumericEmbeddingEncoder
TimeEncoder = DatetimeEncoder | CyclicEncoder
Encoder = NumberEncoder | TimeEncoder | OneHotEncoder | OrdinalEncoder | HashedTextEncoder | EmbeddingEncoder

ENCODERS: dict[str, type[Encoder]] = {kind.encoding: kind for kind in get_args(Encoder)}
INDICATOR = {"indicator": "missing_indicator"}
OPTIONS: dict[str, dict[str, str]] = {  # arguments of `fit`, and the fields of the feature that they come from
    "embedding": {"size": "size", "embeddings": "vectors"},
    "none": {"padding": "padding"} | INDICATOR,
    "standardize": {"padding": "padding"} | INDICATOR,
    "hashed_text": {"size": "size"} | INDICATOR,
    "ordinal": {"order": "order"} | INDICATOR,
    "numeric_embedding": {"bins": "bins", "size": "size", "frequencies": "frequencies"} | INDICATOR,
    "datetime": {"cycles": "cycles"} | INDICATOR,
    "cyclic": {"cycles": "cycles", "period": "period"} | INDICATOR,
}


def fit_encoder(feature: FeaturePlan, column: TableColumn) -> Encoder:
    """Return the feature's encoder, fitted on the training rows of its column."""
    options = {name: getattr(feature, field) for name, field in OPTIONS.get(feature.encoding, INDICATOR).items()}
    fit: Callable[..., Encoder] = ENCODERS[feature.encoding].fit
    return fit(column, **options)


def read_encoder(encoding: str, fitted: dict[str, Any]) -> Encoder:
    """Return the encoder with these stored fields; JSON lists become tuples."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fitted.items()}
    build: Callable[..., Encoder] = ENCODERS[encoding]
    return build(**fields)
