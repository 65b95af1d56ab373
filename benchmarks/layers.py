"""Time forward and backward of every layer type, in microseconds, and print the ratio of backward to forward.

    ./dev bench layers [NAME]

The cheap gradient principle (Baur and Strassen, 1983; Griewank and Walther, 2008, section 3.3) promises a small
constant. The goal here is 2.2; "!" marks a missed goal. All gradients are computed, including that of the input.
Float32, one thread, the best of many repeats. Where PyTorch is installed, the last column is its time for forward and
backward, divided by the engine's.
"""

import os
import sys
import time
from pathlib import Path

os.environ.pop("OPENBLAS_CORETYPE", None)  # choose kernels by the CPU, as the other libraries do
os.environ.pop("OPENBLAS_L2_SIZE", None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

try:
    import torch
except ImportError:  # the group `peers` is optional
    torch = None  # type: ignore[assignment]

from engine.layers.activations.build import ACTIVATIONS
from engine.layers.build import hidden_layers
from engine.layers.shaping import batch_shape
from engine.memory import Arena, Shape
from engine.parameters import Parameters
from engine.spec import (
    ActivationSpec,
    AttentionSpec,
    AveragePoolSpec,
    BatchNormSpec,
    ColumnEmbeddingSpec,
    Conv1dSpec,
    Conv2dSpec,
    DenseSpec,
    DropoutSpec,
    EmbeddedColumnSpec,
    EmbeddingSpec,
    FlattenSpec,
    GlobalPoolSpec,
    GruSpec,
    LayerNormSpec,
    LayerSpec,
    LstmSpec,
    MaxPoolSpec,
    PeriodicEmbeddingSpec,
    PositionsSpec,
    ReshapeSpec,
    ResidualSpec,
    ScaleSpec,
)

GOAL = 2.2
SECONDS = 0.5  # per layer
MIN_REPEATS = 20  # the first ones allocate
FLAT, TIME, IMAGE = (512,), (50, 64), (16, 14, 14)
BLOCK = Conv2dSpec(channels=16, kernel=3, padding=1)
LAYERS: dict[str, tuple[LayerSpec, Shape, int]] = {
    "dense relu 512-512": (DenseSpec(units=512), FLAT, 128),
    "dense tanh 512-512": (DenseSpec(units=512, activation="tanh"), FLAT, 128),
    "dense relu 64-32": (DenseSpec(units=32), (64,), 32),
    "dense at each time step": (DenseSpec(units=64), TIME, 32),
    "dropout": (DropoutSpec(rate=0.5), FLAT, 128),
    **{name: (ActivationSpec(function=name), FLAT, 128) for name in ACTIVATIONS if name != "linear"},
    "silu parametric": (ActivationSpec(function="silu", parametric=True), FLAT, 128),
    "conv1d": (Conv1dSpec(channels=64, kernel=3, padding=1), TIME, 32),
    "conv2d 3x3": (BLOCK, IMAGE, 32),
    "conv2d 5x5 stride 2": (Conv2dSpec(channels=32, kernel=5, stride=2, padding=2), IMAGE, 32),
    "conv2d 4 groups": (Conv2dSpec(channels=16, kernel=3, padding=1, groups=4), IMAGE, 32),
    "conv2d depthwise": (Conv2dSpec(channels=16, kernel=3, padding=1, groups=16), IMAGE, 32),
    "conv2d 3x3 unpadded": (Conv2dSpec(channels=16, kernel=3), IMAGE, 32),
    "conv2d 5x5 unpadded": (Conv2dSpec(channels=16, kernel=5), IMAGE, 32),
    "conv2d 1x1": (Conv2dSpec(channels=32, kernel=1), IMAGE, 32),
    "max pool": (MaxPoolSpec(), IMAGE, 32),
    "average pool": (AveragePoolSpec(), IMAGE, 32),
    "max pool over time": (MaxPoolSpec(), TIME, 32),
    "global average pool": (GlobalPoolSpec(), IMAGE, 32),
    "global max pool": (GlobalPoolSpec(function="max"), IMAGE, 32),
    "batch norm of features": (BatchNormSpec(), FLAT, 128),
    "batch norm of channels": (BatchNormSpec(), IMAGE, 32),
    "layer norm": (LayerNormSpec(), TIME, 32),
    "scale": (ScaleSpec(), FLAT, 128),
    "flatten image": (FlattenSpec(), IMAGE, 32),
    "reshape to image": (ReshapeSpec(shape=[16, 14, 14]), (16 * 14 * 14,), 32),
    "residual": (ResidualSpec(layers=[BLOCK, BLOCK]), IMAGE, 32),
    "embedding": (EmbeddingSpec(vocabulary=1_000, units=64), (50,), 32),
    "column embedding": (
        ColumnEmbeddingSpec(columns=[EmbeddedColumnSpec(column=n, categories=1_000, size=32) for n in range(4)]),
        (64,),
        128,
    ),
    "periodic embedding": (PeriodicEmbeddingSpec(columns=range(20), frequencies=16, size=3), (40,), 256),
    "positions": (PositionsSpec(), TIME, 32),
    "positions learned": (PositionsSpec(kind="learned"), TIME, 32),
    "lstm": (LstmSpec(units=64), TIME, 32),
    "lstm sequence both ways": (LstmSpec(units=64, output="sequence", direction="bidirectional"), TIME, 32),
    "gru": (GruSpec(units=64), TIME, 32),
    "attention 4 heads": (AttentionSpec(heads=4), TIME, 32),
    "attention causal": (AttentionSpec(heads=4, causal=True), TIME, 32),
}


def times(spec: LayerSpec, shape: Shape, rows: int) -> tuple[float, float]:
    """Return seconds of forward and of backward."""
    layer, arena, dtype, rng = hidden_layers([spec], shape), Arena(), np.dtype(np.float32), np.random.default_rng(0)
    parameters = Parameters(layer.parameter_shapes(), dtype, arena, layer.statistic_shapes())
    layer.bind(parameters.values, parameters.allocate_gradients(arena))
    layer.initialize(rng)
    layer.allocate(arena, rows, dtype, training=True)
    layer.resize(rows)
    given = rng.standard_normal(batch_shape(layer.input_shape, rows), dtype=np.float32)
    if isinstance(spec, (EmbeddingSpec, ColumnEmbeddingSpec)):
        given = rng.integers(0, 1_000, given.shape).astype(np.float32)
    x = given.copy()
    slope = rng.standard_normal(layer.forward(x, rng).shape, dtype=np.float32)
    dy = slope.copy()
    forward = backward = float("inf")
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        np.copyto(x, given)
        np.copyto(dy, slope)
        start = time.perf_counter()
        layer.forward(x, rng)
        between = time.perf_counter()
        layer.backward(dy)
        backward = min(backward, time.perf_counter() - between)
        forward = min(forward, between - start)
    return forward, backward


def torch_time(spec: LayerSpec, shape: Shape, rows: int) -> float | None:
    """Return PyTorch's seconds of forward and backward together; None if it is not installed."""
    if torch is None:
        return None
    torch.set_num_threads(1)
    layer, names = hidden_layers([spec], shape), {"torch": torch}
    for definition in layer.torch_definitions().values():
        exec(definition, names)
    module = eval(layer.torch_code(), names)
    whole = isinstance(spec, (EmbeddingSpec, ColumnEmbeddingSpec))
    x = torch.randint(0, 1_000, (rows, *shape)).float() if whole else torch.randn(rows, *shape)
    x.requires_grad_(not whole)
    slope, best = torch.randn_like(module(x)), float("inf")
    end, repeats = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < end or repeats < MIN_REPEATS:
        repeats += 1
        start = time.perf_counter()
        y = module(x)
        if y.requires_grad:
            y.backward(slope)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print one line per layer."""
    print(f"{'microseconds':<26}{'forward':>9} {'backward':>9} {'times':>6} (<= {GOAL}) {'PyTorch / ours':>15}")
    chosen = {name: case for name, case in LAYERS.items() if not sys.argv[1:] or sys.argv[1] in name}
    for name, case in chosen.items():
        forward, backward = times(*case)
        ratio, theirs = backward / forward, torch_time(*case)
        times_each = f"{forward * 1e6:>9,.1f} {backward * 1e6:>9,.1f}"
        beside = "" if theirs is None else f"{theirs / (forward + backward):>{24 - 2 * (ratio > GOAL)}.2f}"
        print(f"{name:<26}{times_each} {ratio:>6.2f}{' !' * (ratio > GOAL)}{beside}", flush=True)


if __name__ == "__main__":
    main()
