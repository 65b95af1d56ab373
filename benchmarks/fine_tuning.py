"""Measure what fine-tuning saves: start from a trained network, or from random weights, on a related task.

    ./dev bench fine_tuning [--plot fine-tuning.svg]

A network is trained on 20,000 rows of one task. The new task is related to it: the same function with every weight
changed a little; or not related at all. For each number of new rows the table shows the error on 5,000 held-out rows
(1 - R2) of training from random weights and of fine-tuning all layers or only the last ones, and the operations until
fine-tuning is as good as training from random weights ever gets, as a share of that training's. Medians of three seeds.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from docs.svg import Axes, Drawing
from engine.batches import Rows
from engine.cost import estimate_cost
from engine.memory import Array, DryArena
from engine.network import Network
from engine.spec import AdamWSpec, CosineSpec, DenseSpec, TrainingSpec
from engine.streams import stream
from engine.training.events import EpochEnd
from engine.training.fine_tuning import transfer_weights
from engine.training.loop import train
from engine.training.state import initialize_training

INPUTS, HELD_OUT, OLD_ROWS = 20, 5_000, 20_000
NEW_ROWS = (100, 300, 1_000, 3_000, 10_000)
CHANGE = 0.2  # of the weights of a related task, relative to their spread
LAYERS = [DenseSpec(units=64, activation="tanh"), DenseSpec(units=64, activation="tanh")]
WAYS: dict[str, tuple[int, ...] | None] = {  # frozen layers; None: random weights
    "random weights": None,
    "fine-tune all layers": (),
    "first layer frozen": (0,),
    "only the output layer": (0, 1),
}
EPOCHS = 60


@dataclass(frozen=True, slots=True)
class Course:
    """The error after each epoch, and the operations of one epoch."""

    errors: list[float]
    operations: int

    def cost_until(self, error: float) -> float:
        """Return the operations until the error is this small; infinite if it never is."""
        return next(((n + 1) * self.operations for n, found in enumerate(self.errors) if found <= error), np.inf)


class Task:
    """A function of 20 numbers: a random network with one hidden layer of 20 units."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.hidden = rng.standard_normal((INPUTS, 20)) * 0.35
        self.output = rng.standard_normal(20)

    def related(self, rng: np.random.Generator) -> "Task":
        """Return a similar function."""
        other = Task(rng)
        other.hidden = self.hidden + CHANGE * other.hidden
        other.output = self.output + CHANGE * other.output
        return other

    def rows(self, count: int, rng: np.random.Generator) -> Rows:
        """Return random rows and their values, with a little noise."""
        x = rng.standard_normal((count, INPUTS)).astype(np.float32)
        y = np.tanh(x @ self.hidden * 2) @ self.output
        return Rows(x, ((y + 0.2 * rng.standard_normal(count))[:, None] / 4).astype(np.float32))


def network(arena: DryArena | None = None) -> Network:
    """Return the network of all tasks."""
    return Network(LAYERS, inputs=INPUTS, outputs=1, loss="mean_squared_error", precision="float32", arena=arena)


def learn(
    rows: Rows, held_out: Rows, seed: int, start: dict[str, Array] | None, frozen: Sequence[int]
) -> tuple[Course, Network]:
    """Train from random weights, or from given ones."""
    batch = min(64, max(8, len(rows) // 20))
    spec = TrainingSpec(
        epochs=EPOCHS,
        batch_size=batch,
        seed=seed,
        frozen=tuple(frozen),
        optimizer=AdamWSpec(learning_rate=0.003),
        schedule=CosineSpec(),
    )
    made = network()
    if start is not None:
        transfer_weights(made, start, seed=seed, head=True)
    spread = float(np.var(held_out.y))
    events = train(made, initialize_training(made, spec, rows), spec, rows, held_out)
    errors = [event.metrics["val_loss"] / spread for event in events if isinstance(event, EpochEnd)]
    cost = estimate_cost(network(DryArena()), spec)
    return Course(errors, (cost.flops_forward + cost.flops_backward) * len(rows)), made


def compare(seed: int, count: int, *, related: bool) -> dict[str, Course]:
    """Return the courses of all ways on one new task."""
    rng = stream(seed, "tasks")
    old = Task(rng)
    _, trained = learn(old.rows(OLD_ROWS, rng), old.rows(HELD_OUT, rng), seed, None, ())
    new = old.related(rng) if related else Task(rng)
    rows, held_out = new.rows(count, rng), new.rows(HELD_OUT, rng)
    start = trained.torch_state()
    return {
        way: learn(rows, held_out, seed, None if frozen is None else start, frozen or ())[0]
        for way, frozen in WAYS.items()
    }


def table(*, related: bool) -> dict[str, list[float]]:
    """Print the errors and costs for each number of rows; return the errors."""
    print(f"{'related' if related else 'unrelated'} task" + "".join(f"{way:>36}" for way in WAYS))
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for count in NEW_ROWS:
        runs = [compare(seed, count, related=related) for seed in range(3)]
        line = f"{count:>8,} rows   "
        for way in WAYS:
            found[way].append(median(min(run[way].errors) for run in runs))
            shares = []
            for run in runs:
                best = min(run["random weights"].errors)
                shares.append(run[way].cost_until(best) / run["random weights"].cost_until(best))
            share = median(shares)
            line += f"{found[way][-1]:>18.3f} {'never as good' if np.isinf(share) else f'for {share:.1%}':>17}"
        print(line, flush=True)
    return found


def plot(errors: dict[str, list[float]]) -> str:
    """Return a chart of the errors by the number of new rows."""
    drawing = Drawing(640, 300, "Error on held-out rows by the number of new rows, for four ways to train")
    left, right = np.log10(NEW_ROWS[0]), np.log10(NEW_ROWS[-1])
    highest = float(np.ceil(10 * max(map(max, errors.values()))) / 10)
    axes = Axes(drawing, ((50, 30), (430, 240)), (left, right), (0, highest), ("", "error: 1 - R2"))
    for number, (way, values) in enumerate(errors.items()):
        points = [(float(np.log10(count)), value) for count, value in zip(NEW_ROWS, values, strict=True)]
        axes.curve(points, f"c{number % 3}" + " dashed" * (number == 3))
        drawing.text((450, 70 + 24 * number), way + " (dashed)" * (number == 3), f"t{number % 3}", "start")
    for count in NEW_ROWS:
        drawing.text((axes.at((float(np.log10(count)), 0))[0], 272), f"{count:,}", "small")
    drawing.text((240, 290), "rows of the new task (logarithmic)", "small")
    return drawing.document()


def main() -> None:
    """Print both tables; write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--plot", type=Path, default=Path("fine-tuning.svg"))
    options = parser.parse_args()
    options.plot.write_text(plot(table(related=True)))
    table(related=False)


if __name__ == "__main__":
    main()
