"""Curves fill the width, name the highest and lowest value, and leave out what is not finite."""

import math

from backprop_client.cli.chart import Curve, chart


def lines(*values: float | None, width: int = 31, height: int = 4) -> list[str]:
    return chart([Curve(name="loss", color="blue", values=values)], width, height).plain.split("\n")


def test_a_falling_curve_goes_from_the_upper_left_to_the_lower_right() -> None:
    drawn = lines(1.0, 0.5, 0.0)
    assert len(drawn) == 4
    assert drawn[0].startswith("        1 │⠉")
    assert drawn[-1].startswith("        0 │")
    assert drawn[0].rstrip()[-1] != drawn[-1].rstrip()[-1]
    assert max(map(len, drawn)) == 31


def test_a_constant_curve_is_one_line() -> None:
    assert [line.count("⠉") for line in lines(2.0, 2.0)] == [20, 0, 0, 0]


def test_values_that_are_missing_or_not_finite_leave_gaps() -> None:
    drawn = lines(1.0, None, math.nan, 0.0, 0.5)
    assert (drawn[0].count("⠁"), drawn[0].count(" ", 11)) == (1, 19)
    assert drawn[-1][11] == " "
    assert lines(None, math.inf) == [""]
