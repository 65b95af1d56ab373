"""Identify a layer by its path in the spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class LayerId:
    """The path of a layer in the spec, its type, and the label that people read.

    The path alternates lists and indices: ("layers", 2, "projection", 0) is the first layer of the projection of the
    third layer. The network adds a flatten layer where needed and an output layer; their paths are ("flatten",) and
    ("output",).
    """

    path: Path
    type: str
    label: str

    @property
    def spec_index(self) -> int | None:
        """The index in the spec's `layers` of this layer or of the block that contains it; None if it was added."""
        index = self.path[1] if len(self.path) > 1 else None
        return index if isinstance(index, int) else None

    def child(self, group: str, index: int, layer_type: str) -> LayerId:
        """Return the ID of layer `index` in one of this layer's lists, such as "projection"."""
        prefix = "" if not self.path else f"{self.label}." if group == "layers" else f"{self.label}.{group}."
        return LayerId((*self.path, group, index), layer_type, f"{prefix}layers[{index}] ({layer_type})")


NETWORK = LayerId((), "network", "")
FLATTEN = LayerId(("flatten",), "flatten", "flatten")
OUTPUT = LayerId(("output",), "output", "output")


class ShapeError(ValueError):
    """A layer does not accept the shape of its input."""

    def __init__(self, layer_id: LayerId, problem: str) -> None:
        super().__init__(f"{layer_id.label}: {problem}")
        self.layer_id = layer_id
        self.problem = problem

    @property
    def pointer(self) -> str:
        """The JSON pointer within the model: "/layers/2/projection/0", for example, or "/layers" for an added layer."""
        if self.layer_id.spec_index is None:
            return "/layers"
        return "".join(f"/{step}" for step in self.layer_id.path)
