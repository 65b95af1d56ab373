"""Times written as text, read by ONNX nodes: ISO 8601, and patterns of the data set's file.

A text that has none of these patterns stops the runtime with an error that names the column.
"""

from collections.abc import Sequence

from engine.interchange.onnx.graph import Nodes, Value
from tabular.preprocessing.onnx.time_patterns import add_pattern, example_of, is_readable
from tabular.readers.values.date_patterns import ISO, regex_of


def readable_patterns(patterns: Sequence[str]) -> list[str]:
    """Return the patterns that a graph can read, and ISO 8601."""
    return list(dict.fromkeys([*filter(is_readable, patterns), ISO]))


def add_times(nodes: Nodes, column: str, texts: Value, missing: Value, patterns: Sequence[str]) -> Value:
    """Return microseconds since 1970 UTC, (n, 1) float64, of texts (n, 1); 0 where `missing`."""
    known, cases = missing, list[tuple[Value, Value]]()
    for pattern in readable_patterns(patterns):
        is_match = nodes.add("RegexFullMatch", texts, pattern=regex_of(pattern))
        text = nodes.add("Where", is_match, texts, nodes.text(example_of(pattern)))
        cases.append((is_match, add_pattern(nodes, text, pattern)))
        known = nodes.add("Or", known, is_match)
    checked = nodes.add("Where", known, nodes.text("0"), nodes.text("not a time"))
    times = nodes.add("Cast", checked, to="double", name=f"{column}: a text is not a time")  # fails for other texts
    for is_match, found in reversed(cases):
        times = nodes.add("Where", is_match, found, times)
    return times
