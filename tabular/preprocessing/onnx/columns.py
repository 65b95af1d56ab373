"""Columns of a row as inputs of an ONNX graph, with the reading rules that a graph can apply.

Numbers arrive as numbers, everything else as text. Texts may have one blank before and one behind them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.interchange.onnx.graph import ML, Element, Nodes, Port, Value
from tabular.column_format import FALSE, TRUE, ColumnFormat
from tabular.preprocessing.onnx.time_texts import add_times
from tabular.readers.values import booleans
from tabular.reading import InputColumn, RowReading

DESCRIPTIONS = {
    "number": "Number, without the unit and separators of the data set's file. NaN is a missing value.",
    "datetime": "Time in ISO 8601, or as in the data set's file. An empty text is a missing value.",
    "boolean": "Text: one of two labels, or another spelling of yes and no. An empty text is a missing value.",
    "category": "Text. An empty text is a missing value.",
    "text": "Text. An empty text is a missing value.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """Which texts mean "no value" in a column, and how its labels are spelled."""

    missing: frozenset[str]
    form: ColumnFormat
    is_boolean: bool

    @classmethod
    def of(cls, column: InputColumn, reading: RowReading | None) -> "TextRule":
        """Return the rule of a column."""
        form, missing = ColumnFormat(), frozenset({""})
        if reading is not None:
            form = reading.formats.get(column.name, form)
            missing |= {*reading.missing, *form.missing}
        return cls(missing=missing, form=form, is_boolean=column.type == "boolean")

    def numbers(self, categories: Mapping[str, int], missing: int) -> dict[str, int]:
        """Return the number of every text that means one of the categories or a missing value."""
        numbers = {
            text: categories[label] for text in self._texts(categories) if (label := self._label(text)) in categories
        }
        numbers |= dict.fromkeys(self.missing, missing)
        return {spelled: number for text, number in numbers.items() for spelled in with_blanks(text)}

    def _texts(self, categories: Mapping[str, int]) -> set[str]:
        words = TRUE | FALSE if self.is_boolean else frozenset[str]()
        return {*categories, *(spelled for word in words for spelled in (word, word.upper(), word.capitalize()))}

    def _label(self, text: str) -> str:
        label = booleans.label_of(text, self.form.true, self.form.false) if self.is_boolean else None
        return label or text


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnValues:
    """The values of a column in a graph, (n, 1) each, with NumPy's types in brackets.

    value: numbers (float64), microseconds since 1970 UTC (float64), or texts. Without meaning where `missing` is true.
    missing: whether there is no value (bool).
    rule: how texts are read.
    """

    nodes: Nodes
    column: InputColumn
    value: Value
    missing: Value
    rule: TextRule

    def filled(self, fill: float) -> Value:
        """Return the numbers, with `fill` for missing ones."""
        return self.nodes.add("Where", self.missing, fill, self.value)

    def indicator(self) -> Value:
        """Return 1 where the value is missing, else 0."""
        return self.nodes.add("Cast", self.missing, to="double")

    def category_numbers(self, categories: Mapping[str, int], *, unknown: int, missing: int) -> Value:
        """Return the number of each value's category, (n, 1) int64."""
        if self.column.type == "number":
            found = _label_numbers(self.nodes, self.value, _by_number(categories), unknown)
            return self.nodes.add("Where", self.missing, self.nodes.integers(missing), found)
        return _label_numbers(self.nodes, self.value, self.rule.numbers(categories, missing), unknown)


def add_port(nodes: Nodes, column: InputColumn, window: int) -> None:
    """Add the input of a column. `window`: how many rows of history a sample has; 1 for single rows."""
    element: Element = "double" if column.type == "number" else "string"
    history = f" One value for each of {window} rows in the order of time, the oldest first." if window > 1 else ""
    nodes.graph.input(
        Port(name=column.name, element=element, shape=(window,), description=DESCRIPTIONS[column.type] + history)
    )


def column_values(nodes: Nodes, column: InputColumn, reading: RowReading | None) -> ColumnValues:
    """Return the values of a column whose input has been added: one row for each row of history."""
    value = nodes.add("Reshape", column.name, nodes.integers(-1, 1))
    rule = TextRule.of(column, reading)
    if column.type == "number":
        missing = nodes.add("IsNaN", value)
    else:
        is_missing = {spelled: 1 for text in rule.missing for spelled in with_blanks(text)}
        missing = nodes.add("Cast", _label_numbers(nodes, value, is_missing, 0), to="bool")
    if column.type == "datetime":
        value = add_times(nodes, column.name, value, missing, rule.form.dates)
    return ColumnValues(nodes=nodes, column=column, value=value, missing=missing, rule=rule)


def with_blanks(text: str) -> tuple[str, ...]:
    """Return a text as it may arrive: from a file with blanks behind its delimiters, for example."""
    return (text, f" {text}", f"{text} ", f" {text} ")


def _label_numbers(nodes: Nodes, value: Value, numbers: Mapping[str, int] | Mapping[float, int], default: int) -> Value:
    """Look up whole numbers (n, 1) for texts or float64 numbers."""
    keys = np.array(list(numbers) or [""], np.object_ if _has_texts(numbers) else np.float64)
    return nodes.add(
        "LabelEncoder",
        value,
        domain=ML,
        keys_tensor=keys,
        values_tensor=np.array(list(numbers.values()) or [default], np.int64),
        default_tensor=np.array([default], np.int64),
    )


def _has_texts(numbers: Mapping[str, int] | Mapping[float, int]) -> bool:
    return any(isinstance(key, str) for key in numbers)


def _by_number(categories: Mapping[str, int]) -> dict[float, int]:
    """Return the categories of a number column by their numbers."""
    return {float(label): number for label, number in categories.items()}
