"""Multi-head self-attention: each time step computes a weighted mean over all time steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import initializers
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Constants, Shape
from engine.spec import AttentionSpec


class Attention(Layer):
    """y = concat_h(softmax(q k' / sqrt(d)) v) Wo' + bo with (q, k, v) = x Wi' + bi, h heads of d features each.

    Vaswani et al., 2017, section 3.2, with the parameters of torch.nn.MultiheadAttention. Wi: (3 features, features)
    stacks the matrices of q, k and v.
    """

    y: Array
    qkv: Array
    weights: Array  # (rows, heads, time, time): weight of each time step for each
    totals: Array
    context: Array  # (rows, time, features): the weighted means
    dqkv: Array
    dweights: Array
    dcontext: Array
    dx: Array
    ones: Array  # per time step of every row
    all: Array  # ones, per time step of one row
    mask: Array  # only if causal
    kept: Array  # of the weights while training, only with dropout: 0, or what scales them up
    dropped: Array
    used: Array  # the weights after dropout

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Project to q, k and v, weight the values, project to the output. `x` must not change until backward."""
        self.x = x.reshape(-1, self.features)
        qkv = self.x.dot(self.Wi.T, self.qkv.reshape(-1, 3 * self.features))
        np.add(qkv, self.bi, out=qkv)
        np.multiply(self.q, self.scale, out=self.q)
        np.matmul(self.q, self.k.swapaxes(-1, -2), out=self.weights)
        if self.causal:
            np.add(self.weights, self.mask, out=self.weights)
        self._softmax()
        np.matmul(self._drop(dropout), self.v, out=self.context_by_head)
        y = self.context.reshape(-1, self.features).dot(self.Wo.T, self.y.reshape(-1, self.features))
        np.add(y, self.bo, out=y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Differentiate the output projection, the weighted sums, the softmax and the input projection.

        The gradient of the softmax is A (dA - sum(A dA)). The sum equals that of context * dcontext (Dao et al., 2022).
        """
        dy, context, dqkv = (part.reshape(len(self.x), -1) for part in (dy, self.context, self.dqkv))
        ones = self.ones.reshape(-1)
        dy.T.dot(context, self.dWo)
        ones.dot(dy, self.dbo)
        dy.dot(self.Wo, self.dcontext.reshape(-1, self.features))
        self._backward_heads()
        dqkv.T.dot(self.x, self.dWi)
        ones.dot(dqkv, self.dbi)
        if not self.passes_gradient:
            return dy
        dqkv.dot(self.Wi, self.dx.reshape(-1, self.features))
        return self.dx

    def _softmax(self) -> None:
        """Turn scores into weights that sum up to 1. The maximum of each row is subtracted first."""
        weights, totals = self.weights, self.totals
        np.maximum.reduce(weights, axis=-1, keepdims=True, out=totals)
        np.subtract(weights, totals, out=weights)
        np.exp(weights, out=weights)
        weights.reshape(-1, self.time).dot(self.all, totals.reshape(-1))  # a product sums faster than a reduction
        np.divide(weights, totals, out=weights)

    def _drop(self, dropout: np.random.Generator | None) -> Array:
        """Return the weights with some set to zero while training, and the others scaled up."""
        self.used = self.weights
        if self.rate and dropout is not None:
            dropout.random(dtype=self.kept.dtype, out=self.kept)
            np.greater_equal(self.kept, self.rate, out=self.kept)
            np.multiply(self.kept, 1 / (1 - self.rate), out=self.kept)
            self.used = np.multiply(self.weights, self.kept, out=self.dropped)
        return self.used

    def _backward_heads(self) -> None:
        """Write dqkv from dcontext; q includes its scale."""
        weights, dweights, dcontext = self.weights, self.dweights, self.dcontext_by_head
        np.matmul(self.used.swapaxes(-1, -2), dcontext, out=self.dv)
        np.matmul(dcontext, self.v.swapaxes(-1, -2), out=dweights)
        if self.used is not weights:
            np.multiply(dweights, self.kept, out=dweights)
        np.einsum("rhtd,rhtd->rht", dcontext, self.context_by_head, out=self.totals[..., 0])
        np.subtract(dweights, self.totals, out=dweights)
        np.multiply(dweights, weights, out=dweights)
        np.matmul(dweights, self.k, out=self.dq)
        np.multiply(self.dq, self.scale, out=self.dq)
        np.matmul(dweights.swapaxes(-1, -2), self.q, out=self.dk)

    def _by_head(self, array: Array, parts: int) -> list[Array]:
        """Return views (rows, heads, time, d) of the parts that are side by side in the last axis."""
        views = array.reshape(len(array), self.time, parts, self.heads, -1)
        return [views[:, :, part].swapaxes(1, 2) for part in range(parts)]

    def __init__(self, spec: AttentionSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            fix = "add a reshape layer to [time, features] before it"
            raise ShapeError(layer_id, f"takes rows of shape (time, features), not {list(shape)}; {fix}")
        super().__init__(shape, shape, layer_id)
        self.time, self.features = shape
        self.spec, self.rate = spec, spec.dropout
        self.heads, self.causal = spec.heads, spec.causal
        if self.features % self.heads:
            raise ShapeError(layer_id, f"{self.features} features cannot be divided among {self.heads} heads")
        self.scale = (self.features // self.heads) ** -0.5

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the input and output projections."""
        features = self.features
        return {
            "in_proj_weight": (3 * features, features),
            "in_proj_bias": (3 * features,),
            "out_proj.weight": (features, features),
            "out_proj.bias": (features,),
        }

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        names = self.parameter_shapes()
        self.Wi, self.bi, self.Wo, self.bo = (values[name] for name in names)
        if gradients is not None:
            self.dWi, self.dbi, self.dWo, self.dbo = (gradients[name] for name in names)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw each of the four matrices with Glorot; set biases to zero."""
        for first in range(0, 3 * self.features, self.features):
            initializers.fill(self.Wi[first : first + self.features], "glorot_uniform", rng)
        initializers.fill(self.Wo, "glorot_uniform", rng)
        self.bi.fill(0)
        self.bo.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare all intermediate results, and for training their gradients."""
        wide, square = (self.time, 3 * self.features), (self.heads, self.time, self.time)
        shapes: dict[str, Shape] = {"y": self.output_shape, "qkv": wide, "context": self.input_shape}
        shapes |= {"weights": square, "totals": (*square[:2], 1)}
        if training:
            shapes |= {"dqkv": wide, "dweights": square, "dcontext": self.input_shape}
        if training and self.rate:
            shapes |= {"kept": square, "dropped": square}
        if training and self.passes_gradient:
            shapes["dx"] = self.input_shape
        return {name: (shape, dtype) for name, shape in shapes.items()}

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum columns with."""
        return {"ones": ((self.time,), dtype, 1)} if training else {}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare ones to sum over time with, and minus infinity where a time step must not attend to a later one."""
        ones: Constants = {"all": ((self.time,), dtype, 1)}
        future = lambda shape: np.triu(np.full(shape, -np.inf, dtype), 1)  # noqa: E731 - a value
        return ones | ({"mask": ((self.time, self.time), dtype, future)} if self.causal else {})

    def resize(self, rows: int) -> None:
        """Also create views by head: (rows, heads, time, d)."""
        super().resize(rows)
        self.q, self.k, self.v = self._by_head(self.qkv, 3)
        (self.context_by_head,) = self._by_head(self.context, 1)
        if "dqkv" in self._allocated:
            self.dq, self.dk, self.dv = self._by_head(self.dqkv, 3)
            (self.dcontext_by_head,) = self._by_head(self.dcontext, 1)

    def flops(self) -> tuple[int, int]:
        """Four projections, two products over all pairs of time steps, a softmax; backward twice as many products."""
        projections, numbers = 8 * self.time * self.features**2, self.time * self.features
        products, weights = 4 * self.time * numbers, self.heads * self.time**2
        drops = bool(self.rate)
        forward = projections + products + (5 + self.causal + 4 * drops) * weights + 5 * numbers
        backward = (2 if self.passes_gradient else 1.25) * projections + 2 * products + (2 + drops) * weights
        backward += 7 * numbers
        return forward, int(backward)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        options = (", causal=True" if self.causal else "") + (f", dropout={self.rate!r}" if self.rate else "")
        return f"Attention({self.features}, {self.heads}{options})"

    def torch_definitions(self) -> dict[str, str]:
        """Return a class around PyTorch's layer, for self-attention."""
        return {"Attention": TORCH}


TORCH = """\
class Attention(torch.nn.MultiheadAttention):
    def __init__(self, features, heads, causal=False, dropout=0.0):
        super().__init__(features, heads, dropout, batch_first=True)
        self.causal = causal

    def forward(self, x):
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, x, x, attn_mask=later if self.causal else None, need_weights=False)[0]
"""
