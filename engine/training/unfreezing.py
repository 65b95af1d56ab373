"""Gradual unfreezing: frozen layers are trained again one after another, the last one first.

Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018, section 3.3. Which layers are
frozen is a function of the epoch, so a run that resumes anywhere has the same layers frozen.
"""

from __future__ import annotations

from engine.network import Network
from engine.spec import TrainingSpec
from engine.training.state import TrainingState


def frozen_layers(spec: TrainingSpec, epoch: int) -> tuple[int, ...]:
    """Return the layers that are frozen in an epoch, counted from 0."""
    if spec.unfreeze_every is None:
        return spec.frozen
    ordered = sorted(spec.frozen)
    return tuple(ordered[: max(len(ordered) - epoch // spec.unfreeze_every, 0)])


def last_change(spec: TrainingSpec, epoch: int) -> int:
    """Return the epoch, up to this one, before which a layer was last unfrozen; 0 if none was."""
    if spec.unfreeze_every is None:
        return 0
    return min(epoch // spec.unfreeze_every, len(spec.frozen)) * spec.unfreeze_every


def unfreeze(network: Network, spec: TrainingSpec, state: TrainingState) -> bool:
    """Freeze the layers that are frozen in the current epoch; return whether they are others than before.

    When a layer is unfrozen, the optimizer starts again: its averages of gradients know nothing about the new layer.
    """
    if spec.unfreeze_every is None:
        return False
    if state.batch == 0 and state.epoch and last_change(spec, state.epoch) == state.epoch:
        for vector in state.optimizer.state.values():
            vector.fill(0)
    if not network.refreeze(frozen_layers(spec, state.epoch)):
        return False
    state.optimizer.forget_views()
    return True
