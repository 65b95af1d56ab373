"""A trained model: one value that turns a business row into an answer.

    row --reading--> table --preprocessor--> inputs --networks--> outputs --average--> outputs
        --target units, clamp--> --calibration--> final outputs --answers--> JSON

Evaluation, predictions, batches, comparisons and exports all use it, so what is measured is what is served.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import PointedProblem
from tabular.errors import InvalidRows
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.samples import window_inputs
from tabular.preprocessing.target import TargetEncoder
from tabular.readers.rows import RowReader
from tabular.reading import InputColumn, RowReading
from tabular.table import Table
from tabular.trained_model.average_inputs import AverageInputs
from tabular.trained_model.bag import Bag
from tabular.trained_model.calibration import Calibration, scale_probabilities
from tabular.uncertainty.uncertainty import Uncertainty

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Rows = Sequence[dict[str, Any]]
Answers = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)  # without slots, so that what every prediction needs is kept
class TrainedModel:
    """Networks with everything around them. Several threads may use it at the same time.

    A row that is predicted together with others can differ in its last digits from the same row alone, by less than
    1e-6: matrix products of other shapes add their terms in another order.

    bags: networks with the same inputs; the outputs of bags are averaged by weight. Most models are one bag with one
        network. All bags read the same columns of a row.
    target: the units, limits (`clamp`) and classes of the answers.
    reading: how rows sent for prediction are read; None for models that do not record it.
    forecast: how rows of history make windows; None if each row is a sample.
    calibration: the temperature of the probabilities; None changes nothing.
    uncertainty: the intervals and label sets of the answers; None without rows that the networks did not see.
    averages: the average training inputs of each bag, which explanations compare a row with; None for models that do
        not record them.
    """

    bags: tuple[Bag, ...]
    target: TargetEncoder
    reading: RowReading | None
    forecast: Forecast | None
    calibration: Calibration | None = None
    uncertainty: Uncertainty | None = None
    averages: tuple[AverageInputs, ...] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def input_columns(self) -> list[InputColumn]:
        """The columns of a row that the model reads."""
        columns = {column.name: column for bag in self.bags for column in bag.preprocessor.input_columns}
        if self.forecast is not None:
            columns |= {column.name: column for column in self.forecast.order_columns if column.name not in columns}
        if self.target.exposure:
            columns.setdefault(self.target.exposure, InputColumn(name=self.target.exposure, type="number"))
        return list(columns.values())

    @cached_property
    def reader(self) -> RowReader:
        """How rows are read."""
        return RowReader(self.input_columns, self.reading)

    @cached_property
    def flops(self) -> int:
        """The operations of all networks for one row."""
        networks = (network for bag in self.bags for network in bag.networks)
        return sum(layer.flops()[0] for network in networks for layer in network.layers)

    @property
    def window(self) -> int:
        """How many rows make the inputs of one answer: the window of a time series, otherwise 1."""
        return self.forecast.sequence.window if self.forecast else 1

    @property
    def is_busy(self) -> bool:
        """Whether another thread is predicting with the networks."""
        return self._lock.locked()

    # --- rows as an application sends them

    def predict(self, rows: Rows) -> Answers:
        """Return one answer per row, or per time series of which the rows are the history. Raises `InvalidRows`."""
        if self.forecast is None:
            cells = self.reader.cells(rows)
            inputs = [bag.encoding.inputs(cells, len(rows), bag.dtype) for bag in self.bags]
            outputs = self.outputs_of_inputs(inputs)
            if self.target.exposure:
                outputs = self.with_exposure(outputs, self.reader.table_of_cells(cells, len(rows)))
            return self.answers(outputs)
        table = self.reader.table(rows)
        windows = self.forecast.windows(table)
        answers = self.answers(self.outputs_of_inputs(self.window_inputs(table, windows)))
        described = self.forecast.describe(table, windows)
        return [{**answer, **about} for answer, about in zip(answers, described, strict=True)]

    def predict_each(self, requests: Sequence[Rows]) -> list[Answers | InvalidRows]:
        """Predict the rows of several requests together. Invalid rows of one request do not concern the others."""
        if self.forecast is not None or len(requests) == 1:  # rows of a history belong together
            return [self._try(rows) for rows in requests]
        try:
            predictions = iter(self.predict([row for rows in requests for row in rows]))
        except InvalidRows:
            return [self._try(rows) for rows in requests]
        return [[next(predictions) for _ in rows] for rows in requests]

    def _try(self, rows: Rows) -> Answers | InvalidRows:
        try:
            return self.predict(rows)
        except InvalidRows as error:
            return error

    # --- tables and arrays

    def outputs(self, table: Table) -> Floats:
        """Return the final outputs (n, *outputs) of the rows of a table that has the model's columns.

        They are probabilities, or numbers in the target's own units. For windows of a time series, see
        `window_inputs`.
        """
        outputs = self.outputs_of_inputs([bag.preprocessor.transform(table, dtype=bag.dtype) for bag in self.bags])
        return self.with_exposure(outputs, table)

    def with_exposure(self, outputs: Floats, table: Table) -> Floats:
        """Return outputs (n, *outputs) for the exposure of each row, from those for an exposure of 1.

        Raises:
            InvalidRows: an exposure is not a finite number above 0.
        """
        try:
            return self.target.with_exposure(outputs, table)
        except ValueError as error:
            raise InvalidRows([PointedProblem.at("rows", detail=f"{self.target.exposure!r}: {error}.")]) from error

    def window_inputs(self, table: Table, windows: Index) -> list[Array]:
        """Return the inputs of each bag, for windows (n, window) of row numbers."""
        return [window_inputs(bag.preprocessor, table, windows, bag.dtype) for bag in self.bags]

    def outputs_of_inputs(self, inputs: Sequence[Array]) -> Floats:
        """Return the final outputs (n, *outputs) for the inputs of each bag, (n, inputs) each."""
        return self.finish(self.raw_outputs(inputs))

    def raw_outputs(self, inputs: Sequence[Array]) -> Floats:
        """Return the weighted mean of the bags, (n, *outputs): probabilities, or numbers as networks learned them."""
        with self._lock:  # a network has one working memory
            if len(self.bags) == 1:
                return self.bags[0].outputs(inputs[0])
            each = zip(self.bags, inputs, strict=True)
            mean: Floats = np.sum([bag.weight * bag.outputs(x) for bag, x in each if bag.weight], axis=0)
            return mean

    def finish(self, raw: Array) -> Floats:
        """Return the final outputs for raw ones, which may come from other networks of the same job (folds).

        Numbers get the target's own units in float64 and are clamped; probabilities are calibrated.
        """
        outputs = self.target.finish(raw)
        if self.calibration is None:
            return outputs
        each = zip(self.target.split_outputs(outputs), self.calibration.temperatures, strict=True)
        parts = [scale_probabilities(part, temperature) for part, temperature in each]
        return np.concatenate(parts, axis=1).reshape(outputs.shape)

    def answers(self, outputs: Floats) -> Answers:
        """Return one answer as JSON values per row of final outputs (n, *outputs)."""
        return self.target.decode(outputs)
