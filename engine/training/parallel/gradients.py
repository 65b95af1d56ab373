"""Compute the gradients of a run in a group of processes.

Process 0 runs the training loop and updates the parameters. For each batch it sends them to the others, which compute
the gradients of their shards:

    process 0                                   processes 1 to P - 1
    start_epoch: send the order of the rows  -> shuffle the same way
    backpropagate: send the parameters       -> take the parameters
                   compute own shards           compute own shards
                   add up                    <- add up
"""

from __future__ import annotations

from engine import streams
from engine.training.fine_tuning import unfreeze
from engine.training.parallel.group import Command, Group, SingleProcess, StartBatch, StartEpoch
from engine.training.parallel.shards import ShardedNetwork
from engine.training.run import TrainingRun

MAX_KEY = 2**63


class ShardedGradients:
    """The gradients of one run: those of process 0, and of the other processes as far as they take part."""

    def __init__(self, run: TrainingRun, group: Group | None = None) -> None:
        self._group = group or SingleProcess()
        self._parts = run.parts
        shards = run.spec.shards
        self._networks = [ShardedNetwork(part.network, shards) for part in run.parts]
        share = shards // self._group.size
        self._own_shards = (self._group.rank * share, (self._group.rank + 1) * share)
        self._group.begin()
        for part in run.parts:
            self._group.share_parameters(part.network)

    # --- process 0

    def start_epoch(self, part: TrainingRun) -> None:
        """Tell the other processes the order of the rows."""
        start = StartEpoch(network=self._index(part), epoch=part.state.epoch, shuffle=part.state.shuffle_start)
        self._group.send(start, part.network)

    def backpropagate(self, part: TrainingRun) -> float:
        """Return the mean loss of the current batch and write its gradient."""
        key = int(part.state.dropout.integers(MAX_KEY))
        start = StartBatch(network=self._index(part), batch=part.state.batch, key=key)
        self._group.send(start, part.network)
        return self._compute(start)

    def _index(self, part: TrainingRun) -> int:
        return next(index for index, each in enumerate(self._parts) if each is part)

    # --- the other processes

    def obey(self, command: Command) -> None:
        """Do what process 0 has sent."""
        match command:
            case StartEpoch():
                self._follow_epoch(command)
            case StartBatch():
                self._group.take_parameters(self._parts[command.network].network)
                self._parts[command.network].numpy_context.run(self._compute, command)

    def _follow_epoch(self, start: StartEpoch) -> None:
        part = self._parts[start.network]
        part.state.epoch, part.state.batch = start.epoch, 0
        unfreeze(part.network, part.spec, part.state)
        if part.spec.shuffle:
            streams.move_to(part.state.shuffle, start.shuffle)
            part.batches.shuffle(part.state.shuffle)

    # --- both

    def _compute(self, start: StartBatch) -> float:
        part, network = self._parts[start.network], self._networks[start.network]
        loss = network.backpropagate(part.batches[start.batch], start.key, *self._own_shards)
        return self._group.add_up(loss, part.network)
