"""Build an optimizer from its spec. `OPTIMIZERS` is the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.memory import Arena
from engine.optimizers.adagrad import Adagrad
from engine.optimizers.adam import Adam, AdamW
from engine.optimizers.lbfgs import lbfgs
from engine.optimizers.line_search import LineSearch
from engine.optimizers.lion import Lion
from engine.optimizers.optimizer import Optimizer
from engine.optimizers.rmsprop import RmsProp
from engine.optimizers.sgd import Sgd
from engine.parameters import Parameters
from engine.spec import OptimizerSpec

OPTIMIZERS: dict[str, Callable[[Any, Parameters, Arena], Optimizer | LineSearch]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
    "lbfgs": lbfgs,
}


def build(spec: OptimizerSpec, parameters: Parameters, arena: Arena) -> Optimizer | LineSearch:
    """Return the optimizer of a spec for parameters whose gradients are allocated."""
    return OPTIMIZERS[spec.type](spec, parameters, arena)
