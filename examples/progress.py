"""Show how a job goes: a bar and curves on a terminal, a line now and then elsewhere."""

from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
CURVES = ("train_loss", "val_loss", "val_accuracy")
CURVE_WIDTH = 60  # epochs
EPOCHS_PER_LINE = 5  # where there is no terminal


class Progress:
    """A place on the console that is drawn anew for every look at the job."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._told = 0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, job: dict[str, Any], points: list[dict[str, Any]], *, over: bool) -> None:
        """Draw the job as it is now; ``points`` are its epochs so far."""
        if self._console.is_terminal:
            self._live.update(picture(job, points), refresh=True)
        elif points and (over or len(points) >= self._told + EPOCHS_PER_LINE):
            self._told = len(points)
            self._console.print(line(job, points))


def picture(job: dict[str, Any], points: list[dict[str, Any]]) -> RenderableType:
    """Progress bar and loss curves, for a terminal."""
    progress = job["progress"]
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        f"  {job['state']:9}",
        ProgressBar(total=1.0, completed=progress["fraction"], width=40),
        f"epoch {progress['epoch']}/{progress['epochs']}",
    )
    return Group(bar, *(curve(name, points) for name in CURVES))


def curve(name: str, points: list[dict[str, Any]]) -> Text:
    """One metric over the epochs as a line of blocks."""
    values = [point[name] for point in points if point.get(name) is not None]
    if not values:
        return Text("")
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    blocks = "".join(BARS[round((value - low) * scale)] for value in values[-CURVE_WIDTH:])
    return Text.assemble(f"  {name:13}", (blocks, "cyan"), f" {values[-1]:.4f}")


def line(job: dict[str, Any], points: list[dict[str, Any]]) -> str:
    """The newest epoch in words, for a file or a pipe."""
    last = points[-1]
    values = (f"{name} {last[name]:.4f}" for name in CURVES if name in last)
    return f"  epoch {last['epoch']:3}/{job['progress']['epochs']}  {'  '.join(values)}"
