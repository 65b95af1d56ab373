"""Calendar calculations and text fields as ONNX nodes. All numbers are float64, whole ones exact, (n, 1).

Years that begin in March have the same days up to a month, leap year or not, because 29 February is their last day.
Four hundred years have 146,097 days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
"""

from engine.interchange.onnx.graph import Nodes, Value

DAYS_TO_1970 = 719_468.0  # since 1 March of year 0
ERA_DAYS = 146_097.0


def days_of(nodes: Nodes, year: Value, month: Value, day: Value) -> Value:
    """Return the days since 1970 of a date in the Gregorian calendar."""
    from_march = modulo(nodes, nodes.add("Add", month, 9.0), 12.0)
    is_next = nodes.add("Cast", nodes.add("Less", month, 3.0), to="double")
    year = nodes.add("Sub", year, is_next)
    months = quotient(nodes, nodes.add("Add", nodes.add("Mul", from_march, 153.0), 2.0), 5.0)
    of_year = nodes.add("Sub", nodes.add("Add", months, day), 1.0)
    leap_days = [quotient(nodes, year, every) for every in (4.0, 100.0, 400.0)]
    by_year = nodes.add("Sub", nodes.add("Add", nodes.add("Mul", year, 365.0), leap_days[0]), leap_days[1])
    return nodes.add("Sub", nodes.add("Add", nodes.add("Add", by_year, leap_days[2]), of_year), DAYS_TO_1970)


def month_of(nodes: Nodes, days: Value) -> Value:
    """Return the month, from 0, of days since 1970."""
    of_era = modulo(nodes, nodes.add("Add", days, DAYS_TO_1970), ERA_DAYS)
    leap_days = [quotient(nodes, of_era, every) for every in (1_460.0, 36_524.0, 146_096.0)]
    even = nodes.add("Sub", nodes.add("Add", nodes.add("Sub", of_era, leap_days[0]), leap_days[1]), leap_days[2])
    year = quotient(nodes, even, 365.0)
    start = nodes.add("Add", nodes.add("Mul", year, 365.0), quotient(nodes, year, 4.0))
    of_year = nodes.add("Sub", of_era, nodes.add("Sub", start, quotient(nodes, year, 100.0)))
    from_march = quotient(nodes, nodes.add("Add", nodes.add("Mul", of_year, 5.0), 2.0), 153.0)
    return modulo(nodes, nodes.add("Add", from_march, 2.0), 12.0)


def quotient(nodes: Nodes, value: Value, divisor: float) -> Value:
    """Return the whole part of a quotient, rounded down."""
    return nodes.add("Floor", nodes.add("Div", value, divisor))


def modulo(nodes: Nodes, value: Value, divisor: float) -> Value:
    """Return the remainder, at least 0."""
    remainder = nodes.add("Mod", value, divisor, fmod=1)
    return nodes.add("Where", nodes.add("Less", remainder, 0.0), nodes.add("Add", remainder, divisor), remainder)


def split(nodes: Nodes, text: Value, delimiter: str, parts: int) -> list[Value]:
    """Return the first parts of texts between delimiters; empty ones where there are fewer."""
    padded = nodes.add("StringConcat", text, nodes.text(delimiter * (parts - 1)))
    found, _ = nodes.add_many("StringSplit", [padded], 2, delimiter=delimiter)
    return [nodes.add("Gather", found, nodes.integers(part).reshape(()), axis=2) for part in range(parts)]


def number_of(nodes: Nodes, text: Value) -> Value:
    """Return the number of a text of digits; 0 of an empty one."""
    return nodes.add("Cast", nodes.add("StringConcat", nodes.text("0"), text), to="double")
