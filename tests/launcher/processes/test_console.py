"""Every line of output carries the name of its source."""

import io

import pytest

from launcher.processes.console import Console


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


class ClosedTerminal(io.StringIO):
    """A terminal that the user has closed."""

    def write(self, _text: str) -> int:
        raise OSError("Input/output error")


def test_each_line_of_a_message_is_labeled() -> None:
    stream = io.StringIO()
    Console(stream).say("first\nsecond")
    assert stream.getvalue() == "launcher  | first\nlauncher  | second\n"


@pytest.mark.parametrize(("stream", "colored"), [(io.StringIO(), False), (Terminal(), True)])
def test_labels_have_colors_on_terminals_only(stream: io.StringIO, colored: bool) -> None:  # noqa: FBT001 - a case
    Console(stream).line("worker", "epoch 1")
    assert ("\x1b[" in stream.getvalue()) is colored
    assert "epoch 1" in stream.getvalue()


def test_a_closed_terminal_is_no_error() -> None:
    Console(ClosedTerminal()).say("still running")
