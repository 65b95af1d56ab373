"""The demo's screen shows curves and bars on a terminal, and plain lines elsewhere."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from examples.screen import BAR_WIDTH, Screen, curve, line, share_bar

EPOCHS = [{"epoch": n, "train_loss": 1.0 / n, "val_loss": None, "val_accuracy": 0.5} for n in range(1, 8)]
JOB: dict[str, Any] = {"progress": {"epoch": 7, "epochs": 30, "fraction": 0.25}}


def test_a_curve_falls_from_its_highest_to_its_lowest_value() -> None:
    text = curve("train_loss", EPOCHS).plain
    assert text.startswith("█")
    assert text.split()[0][-1] == "▁"
    assert text.endswith("0.1429 train_loss")


@pytest.mark.parametrize(("epochs", "text"), [([], ""), (EPOCHS[:1], "▁")])
def test_a_curve_without_a_range_is_flat(epochs: list[dict[str, Any]], text: str) -> None:
    assert curve("train_loss", epochs).plain.split(" ")[0] == text


def test_a_metric_that_is_not_measured_is_left_out() -> None:
    assert curve("val_loss", EPOCHS).plain == ""
    assert line(JOB, EPOCHS).split() == ["epoch", "7", "of", "30", "train_loss", "0.1429", "val_accuracy", "0.5000"]


def test_a_share_bar_is_as_long_as_the_share() -> None:
    assert share_bar("model", 0.5, "green").plain.count("█") == BAR_WIDTH // 2


def test_without_a_terminal_one_line_per_five_epochs_is_printed(tmp_path: Path) -> None:
    output = io.StringIO()
    screen = Screen(Console(file=output))
    with screen.training() as display:
        for count in range(1, 8):
            display.show(JOB, EPOCHS[:count], ended=count == 7)
    assert [text.split()[1] for text in output.getvalue().splitlines()] == ["5", "7"]
    screen.save_picture(tmp_path / "demo.svg")
    assert "epoch" in (tmp_path / "demo.svg").read_text(), "the picture keeps the last state of the display"
