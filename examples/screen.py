"""Show the steps of the demo: a live progress bar and curves on a terminal, plain lines elsewhere."""

import io
import re
from pathlib import Path
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
CURVES = {"train_loss": "red", "val_loss": "yellow", "val_accuracy": "green"}
MAX_CURVE_POINTS = 40
BAR_WIDTH = 40
INDENT = 14  # columns of a step's number and title
EPOCHS_PER_LINE = 5  # where there is no terminal
PICTURE_WIDTH = 112


class Screen:
    """The terminal, and a recording of what remains on it for `save_picture`."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._recording = Console(
            record=True, file=io.StringIO(), width=PICTURE_WIDTH, force_terminal=True, highlight=False
        )

    def print(self, content: RenderableType = "") -> None:
        """Print to the terminal and to the recording."""
        self.console.print(content)
        self._recording.print(content)

    def step(self, number: int, title: str, text: str, seconds: float | None = None) -> None:
        """Print one step: its number, its title, what happened, and how long it took."""
        time = f" [dim]in {seconds:.1f} s[/]" if seconds is not None else ""
        self.print(f" [bold cyan]{number}[/]  [bold]{title:9}[/] {text}{time}")

    def detail(self, content: RenderableType) -> None:
        """Print below the text of a step."""
        self.print(Padding(content, (0, 0, 0, INDENT), expand=False))

    def training(self) -> "TrainingDisplay":
        """Return a display that follows a job."""
        return TrainingDisplay(self)

    def record(self, content: RenderableType) -> None:
        """Add to the recording what a live display left on the terminal."""
        self._recording.print(content)

    def save_picture(self, file: Path) -> None:
        """Write the recording as SVG that needs no font from the internet."""
        svg = self._recording.export_svg(title="./dev demo", unique_id="demo")
        svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
        lines = svg.replace("Fira Code", "ui-monospace, Menlo, Consolas").splitlines()
        file.write_text("\n".join(line.rstrip() for line in lines if line.strip()) + "\n")


class TrainingDisplay:
    """Shows a job while it trains; each call of `show` replaces what the one before drew."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._live = Live(console=screen.console, auto_refresh=False)
        self._epochs_shown = 0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, job: dict[str, Any], epochs: list[dict[str, Any]], *, ended: bool) -> None:
        """Draw the job and the metrics of its epochs so far."""
        if ended:
            self._screen.record(picture(job, epochs))
        if self._screen.console.is_terminal:
            self._live.update(picture(job, epochs), refresh=True)
        elif epochs and (ended or len(epochs) >= self._epochs_shown + EPOCHS_PER_LINE):
            self._epochs_shown = len(epochs)
            self._screen.console.print(line(job, epochs))


def picture(job: dict[str, Any], epochs: list[dict[str, Any]]) -> RenderableType:
    """Return a progress bar and a curve per metric."""
    progress = job["progress"]
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=1.0, completed=progress["fraction"], width=BAR_WIDTH),
        f"epoch {progress['epoch']} of at most {progress['epochs']}",
    )
    return Padding(Group(bar, *(curve(name, epochs) for name in CURVES)), (0, 0, 0, INDENT), expand=False)


def curve(name: str, epochs: list[dict[str, Any]]) -> Text:
    """Return one metric over the epochs as a line of blocks, scaled from its lowest to its highest value."""
    values = [epoch[name] for epoch in epochs if epoch.get(name) is not None]
    if not values:
        return Text("")
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    blocks = "".join(BARS[round((value - low) * scale)] for value in values[-MAX_CURVE_POINTS:])
    return Text.assemble((blocks.ljust(BAR_WIDTH), CURVES[name]), f" {values[-1]:.4f} ", (name, "dim"))


def share_bar(label: str, share: float, style: str) -> Text:
    """Return a bar whose length shows a share, with the percentage and a label."""
    blocks = "█" * round(share * BAR_WIDTH)
    return Text.assemble((blocks.ljust(BAR_WIDTH), style), f" {share:.1%} ", (label, "dim"))


def line(job: dict[str, Any], epochs: list[dict[str, Any]]) -> str:
    """Return the newest epoch as text, for a file or a pipe."""
    last = epochs[-1]
    values = (f"{name} {last[name]:.4f}" for name in CURVES if last.get(name) is not None)
    return f"{'':{INDENT}}epoch {last['epoch']:3} of {job['progress']['epochs']}  {'  '.join(values)}"
