"""Column embedding: replace category numbers in some columns of a table with learned vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.embedding.embedding import Embedding
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Arena, Array, Buffers, Shape
from engine.spec import ColumnEmbeddingSpec, EmbeddedColumnSpec, EmbeddingSpec


class ColumnEmbedding(Layer):
    """y = x, with x_c replaced by W_c[x_c] for some columns c; W_c: (categories, size).

    Guo and Berkhahn, 2016, "Entity embeddings of categorical variables". Numbers outside of the categories count as the
    nearest category. They have no gradient.
    """

    y: Array
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Look up the vectors and copy the other columns."""
        for column, table, part in zip(self.columns, self.tables, self.embedded, strict=True):
            self.y[:, part] = table.forward(x[:, column : column + 1], dropout)[:, 0]
        for before, after in self.copied:
            self.y[:, after] = x[:, before]
        return self.y

    def backward(self, dy: Array) -> Array:
        """Add the gradients of the vectors to their tables; return those of the other columns."""
        for table, part in zip(self.tables, self.embedded, strict=True):
            table.y[:, 0] = dy[:, part]  # the output is no longer needed, and it is contiguous
            table.backward(table.y)
        if not self.passes_gradient:
            return dy
        self.dx.fill(0)
        for before, after in self.copied:
            self.dx[:, before] = dy[:, after]
        return self.dx

    def _layout(self) -> tuple[list[slice], list[tuple[slice, slice]]]:
        """Return the slices of y that hold vectors, and pairs of slices of x and y with copied columns."""
        embedded, copied = list[slice](), list[tuple[slice, slice]]()
        read = written = 0
        for column, table in zip([*self.columns, self.inputs], [*self.tables, None], strict=True):
            run = column - read
            if run:
                copied.append((slice(read, column), slice(written, written + run)))
            read, written = column + 1, written + run
            if table:
                embedded.append(slice(written, written + table.units))
                written += table.units
        return embedded, copied

    def __init__(self, spec: ColumnEmbeddingSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 1:
            raise ShapeError(layer_id, f"takes a flat row, not {list(shape)}")
        if spec.columns[-1].column >= shape[0]:
            raise ShapeError(
                layer_id, f"column {spec.columns[-1].column} is out of range for rows of {shape[0]} numbers"
            )
        super().__init__(shape, (shape[0] + sum(column.size - 1 for column in spec.columns),), layer_id)
        self.spec = spec
        self.tables = [_table(column, layer_id) for column in spec.columns]
        self.columns = [column.column for column in spec.columns]
        self.embedded, self.copied = self._layout()

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of one table per column."""
        return {f"tables.{n}.weight": (table.vocabulary, table.units) for n, table in enumerate(self.tables)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give each table its views."""
        for n, table in enumerate(self.tables):
            name = f"tables.{n}.weight"
            table.bind({"weight": values[name]}, None if gradients is None else {"weight": gradients[name]})

    def is_vector(self, name: str) -> bool:  # noqa: ARG002 - all are
        """Return True: the table is looked up."""
        return True

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw vectors of length about 1. Category 0 means "unknown" and starts at the zero vector."""
        for table in self.tables:
            table.initialize(rng)
            table.W[0] = 0

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of the tables."""
        super().allocate(arena, capacity, dtype, training=training)
        for table in self.tables:
            table.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the tables."""
        super().resize(rows)
        for table in self.tables:
            table.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Sum over the tables: copies cost nothing."""
        return 0, sum(table.flops()[1] for table in self.tables)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        columns = (f"({column.column}, {column.categories}, {column.size})" for column in self.spec.columns)
        return f"ColumnEmbedding({', '.join(columns)})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class: PyTorch has no such layer."""
        return {"ColumnEmbedding": TORCH}


def _table(column: EmbeddedColumnSpec, layer_id: LayerId) -> Embedding:
    table = Embedding(EmbeddingSpec(vocabulary=column.categories, units=column.size), (1,), layer_id)
    table.stop_gradient()
    return table


TORCH = """\
class ColumnEmbedding(torch.nn.Module):
    def __init__(self, *columns):
        super().__init__()
        self.columns = [column for column, _, _ in columns]
        self.tables = torch.nn.ModuleList(torch.nn.Embedding(categories, size) for _, categories, size in columns)

    def forward(self, x):
        parts, start = [], 0
        for column, table in zip(self.columns, self.tables):
            code = x[:, column].long().clamp(0, table.num_embeddings - 1)
            parts += [x[:, start:column], table(code)]
            start = column + 1
        return torch.cat([*parts, x[:, start:]], 1)
"""
