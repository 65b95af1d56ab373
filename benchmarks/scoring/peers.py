"""Other libraries with their default settings and sensible preprocessing, each optional."""

import importlib.util
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.scoring.results import Result, accuracy, r2
from benchmarks.scoring.tables import Split, columns

Array = Any  # of NumPy, of numbers or of texts

MAX_CATEGORIES = 100  # of a column; rarer ones share an input


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A split as arrays: columns (rows, columns) of numbers with NaN or of texts, and which of them are categories."""

    categories: list[int]
    training: Array
    unseen: Array
    y: Array

    @property
    def numbers(self) -> list[int]:
        """The positions of the other columns."""
        return [place for place in range(self.training.shape[1]) if place not in self.categories]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A library. `train`: from the data and the task to predictions for the unseen rows."""

    name: str
    module: str
    package: str
    train: Callable[[Data, bool], Array]

    @property
    def is_installed(self) -> bool:
        """Whether this Python has the library."""
        return importlib.util.find_spec(self.module) is not None


def score(peer: Peer, split: Split, task: str) -> Result:
    """Train and score a peer on a split."""
    classifies = task == "classification"
    data = _data(split, classifies=classifies)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.process_time()
        predicted = peer.train(data, classifies)
        seconds = time.process_time() - started
    found = accuracy(list(predicted), split.truth) if classifies else r2(list(map(float, predicted)), split.truth)
    return Result(task=task, score=found, cpu_seconds=seconds)


def _data(split: Split, *, classifies: bool) -> Data:
    training, unseen, categories = [], [], []
    for numeric, cells, unseen_cells in columns(split):
        if not any(cells) or (not numeric and len(set(cells)) > 0.9 * len(cells)):
            continue  # empty columns, names and identifiers
        if not numeric:
            categories.append(len(training))
        for found, texts in ((training, cells), (unseen, unseen_cells)):
            found.append([_number(text) if numeric else text or "missing" for text in texts])
    y = [row[split.place] for row in split.training]
    return Data(
        categories=categories,
        training=np.array(training, dtype=object).T,
        unseen=np.array(unseen, dtype=object).T,
        y=np.array(y) if classifies else np.array(y, dtype=float),
    )


def _number(text: str) -> float:
    return float(text) if text else float("nan")


def _mlp(data: Data, classifies: bool) -> Array:  # noqa: FBT001 - the signature of all peers
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor  # noqa: PLC0415 - optional
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: PLC0415

    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES)
    inputs = ColumnTransformer(
        [("numbers", numeric, data.numbers), ("categories", one_hot, data.categories)], sparse_threshold=0
    )
    if classifies:
        model = MLPClassifier(random_state=0)
    else:
        model = TransformedTargetRegressor(MLPRegressor(random_state=0), transformer=StandardScaler())
    return make_pipeline(inputs, model).fit(data.training, data.y).predict(data.unseen)


def _boosting(data: Data, classifies: bool) -> Array:  # noqa: FBT001
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OrdinalEncoder  # noqa: PLC0415

    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=250, encoded_missing_value=np.nan
    )
    inputs = ColumnTransformer([("categories", ordinal, data.categories), ("numbers", "passthrough", data.numbers)])
    kind = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
    model = kind(random_state=0, categorical_features=list(range(len(data.categories))))
    return make_pipeline(inputs, _Floats(), model).fit(data.training, data.y).predict(data.unseen)


class _Floats:
    """Turn objects into numbers, as a step of a pipeline."""

    def fit(self, x: Array, y: Array = None) -> "_Floats":  # noqa: ARG002 - the signature of a step
        return self

    def transform(self, x: Array) -> Array:
        return x.astype(float)

    def fit_transform(self, x: Array, y: Array = None) -> Array:  # noqa: ARG002
        return x.astype(float)


def _catboost(data: Data, classifies: bool) -> Array:  # noqa: FBT001
    from catboost import CatBoostClassifier, CatBoostRegressor  # noqa: PLC0415

    kind = CatBoostClassifier if classifies else CatBoostRegressor
    model = kind(random_seed=0, thread_count=1, verbose=False, allow_writing_files=False)
    return model.fit(data.training, data.y, cat_features=data.categories).predict(data.unseen).ravel()


def _realmlp(data: Data, classifies: bool) -> Array:  # noqa: FBT001
    import pandas as pd  # noqa: PLC0415
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor  # noqa: PLC0415

    model = (RealMLP_TD_Classifier if classifies else RealMLP_TD_Regressor)(random_state=0, n_threads=1, device="cpu")
    training, unseen = (
        pd.DataFrame(part).astype(dict.fromkeys(data.numbers, float)) for part in (data.training, data.unseen)
    )
    return model.fit(training, data.y, cat_col_names=data.categories).predict(unseen)


MLP = Peer(name="mlp", module="sklearn", package="scikit-learn", train=_mlp)
BOOSTING = Peer(name="boosting", module="sklearn", package="scikit-learn", train=_boosting)
PEERS = (
    MLP,
    BOOSTING,
    Peer(name="catboost", module="catboost", package="catboost", train=_catboost),
    Peer(name="realmlp", module="pytabkit", package="pytabkit", train=_realmlp),
)
