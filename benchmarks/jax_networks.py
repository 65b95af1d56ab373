"""The benchmark networks in JAX.

A whole epoch is one compiled scan, or each step is compiled by itself, which is faster for convolution.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.networks import Timed

Forward = Callable[[Any, Any], Any]  # (parameters, rows) -> logits
rng = np.random.default_rng(0)


def trained(timed: Timed, *, scanned: bool) -> Callable[[int], object]:
    """Return the function that runs Adam steps: whole epochs if `scanned`."""
    rows = timed.rows()
    per_epoch = len(rows) // timed.batch
    x = jnp.asarray(rows.x).reshape(per_epoch, timed.batch, -1)
    y = jnp.asarray(rows.y).reshape(per_epoch, timed.batch)
    weights, forward = network(timed)

    def loss(weights: Any, x: Any, y: Any) -> Any:
        return -jax.nn.log_softmax(forward(weights, x))[jnp.arange(timed.batch), y].mean()

    def step(carry: Any, xy: Any) -> tuple[Any, None]:
        p, m, v, t = carry
        g, each = jax.grad(loss)(p, *xy), jax.tree.map
        t, m = t + 1, each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        size, root = 1e-3 / (1 - 0.9**t), 1 - 0.999**t
        return (each(lambda p, m, v: p - size * m / (jnp.sqrt(v / root) + 1e-8), p, m, v), m, v, t), None

    epoch = jax.jit(lambda carry: lax.scan(step, carry, (x, y))[0])
    single, batches = jax.jit(step), list(zip(x, y, strict=True))
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros, zeros, jnp.zeros((), np.float32))]

    def run(steps: int) -> None:
        for _ in range(steps // per_epoch if scanned else 0):
            state[0] = epoch(state[0])
        for index in range(0 if scanned else steps):
            state[0], _ = single(state[0], batches[index % per_epoch])
        jax.block_until_ready(state[0])

    return run


def network(timed: Timed) -> tuple[Any, Forward]:
    """Return initial parameters and the forward function of a benchmark network."""
    if timed.widths:
        return [linear(a, b) for a, b in pairwise(timed.widths)], perceptron
    makers = {"LeNet": lenet, "LSTM": lstm, "GRU": gru, "transformer": transformer}
    return makers[timed.name.split()[0].strip(",")]()


def linear(inputs: int, outputs: int) -> tuple[Any, Any]:
    """Return a matrix (inputs, outputs) and a bias."""
    return normal((inputs, outputs), inputs), jnp.zeros(outputs, np.float32)


def normal(shape: tuple[int, ...], fan_in: int) -> Any:
    """Return random numbers of variance 1 / fan_in."""
    return jnp.asarray(rng.standard_normal(shape, dtype=np.float32) / np.float32(fan_in) ** 0.5)


def perceptron(weights: Any, x: Any) -> Any:
    """Dense layers with rectifiers between them."""
    for W, b in weights[:-1]:
        x = jax.nn.relu(x @ W + b)
    return x @ weights[-1][0] + weights[-1][1]


def lenet() -> tuple[Any, Forward]:
    """LeNet on 28x28."""
    kernels = [(normal((6, 1, 5, 5), 25), jnp.zeros(6)), (normal((16, 6, 5, 5), 150), jnp.zeros(16))]
    weights = kernels, [linear(400, 120), linear(120, 84), linear(84, 10)]

    def forward(weights: Any, x: Any) -> Any:
        x = x.reshape(-1, 1, 28, 28)
        for (kernel, b), padding in zip(weights[0], ("SAME", "VALID"), strict=True):
            x = jax.nn.relu(lax.conv_general_dilated(x, kernel, (1, 1), padding) + b[:, None, None])
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return perceptron(weights[1], x.reshape(len(x), -1))

    return weights, forward


def lstm() -> tuple[Any, Forward]:
    """An LSTM of 64 units over 50 time steps of 32 features, and a dense layer."""
    weights = linear(32, 256), normal((64, 256), 64), linear(64, 10)

    def forward(weights: Any, x: Any) -> Any:
        (W, b), R, last = weights
        into = jnp.swapaxes(x.reshape(-1, 50, 32) @ W + b, 0, 1)

        def time_step(state: Any, z: Any) -> tuple[Any, None]:
            h, c = state
            i, f, g, o = jnp.split(z + h @ R, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((len(x), 64), np.float32)
        return lax.scan(time_step, (zeros, zeros), into)[0][0] @ last[0] + last[1]

    return weights, forward


def gru() -> tuple[Any, Forward]:
    """A GRU of 64 units over 50 time steps of 32 features, and a dense layer."""
    weights = linear(32, 192), linear(64, 192), linear(64, 10)

    def forward(weights: Any, x: Any) -> Any:
        (W, b), (R, d), last = weights
        into = jnp.swapaxes(x.reshape(-1, 50, 32) @ W + b, 0, 1)

        def time_step(h: Any, z: Any) -> tuple[Any, None]:
            (r, u, n), (hr, hu, hn) = jnp.split(z, 3, axis=1), jnp.split(h @ R + d, 3, axis=1)
            u = jax.nn.sigmoid(u + hu)
            return u * h + (1 - u) * jnp.tanh(n + jax.nn.sigmoid(r + hr) * hn), None

        return lax.scan(time_step, jnp.zeros((len(x), 64), np.float32), into)[0] @ last[0] + last[1]

    return weights, forward


def transformer() -> tuple[Any, Forward]:
    """A block of 4 heads on 32 time steps of 64 features, the mean over time, and a dense layer."""
    gains = [(jnp.ones(64, np.float32), jnp.zeros(64, np.float32)) for _ in range(2)]
    weights = gains, linear(64, 192), linear(64, 64), linear(64, 128), linear(128, 64), linear(64, 10)

    def normalize(x: Any, gain: Any) -> Any:
        x -= x.mean(-1, keepdims=True)
        return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * gain[0] + gain[1]

    def attend(x: Any, into: Any, out: Any) -> Any:
        q, k, v = (part.reshape(-1, 32, 4, 16) for part in jnp.split(x @ into[0] + into[1], 3, axis=-1))
        weight = jax.nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / 4)
        return jnp.einsum("bhqk,bkhd->bqhd", weight, v).reshape(-1, 32, 64) @ out[0] + out[1]

    def forward(weights: Any, x: Any) -> Any:
        gains, into, out, up, down, last = weights
        x = x.reshape(-1, 32, 64)
        x += attend(normalize(x, gains[0]), into, out)
        x += perceptron([up, down], normalize(x, gains[1]))
        return x.mean(1) @ last[0] + last[1]

    return weights, forward
