"""Gradients that are computed shard by shard: the same bits for any number of processes."""

import contextlib
import threading
from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.network import Network
from engine.spec import AdamSpec, AveragingSpec, DenseSpec, DropoutSpec, LbfgsSpec, TrainingSpec
from engine.training import checkpoint
from engine.training.events import BatchEnd
from engine.training.loop import train
from engine.training.parallel.gradients import ShardedGradients
from engine.training.parallel.group import Command
from engine.training.run import set_up
from engine.training.state import TrainingState, initialize_training
from tests.support.training_runs import classifier, moons, small, spec

ROWS, VALIDATION = moons(103), moons(40, seed=1)
PLANS: dict[str, dict[str, Any]] = {
    "dropout": {},
    "accumulation": {"accumulate": 3, "clip_norm": 0.3},
    "unfreezing": {"frozen": (0, 2), "unfreeze_every": 1},
    "averaging": {"averaging": AveragingSpec(decay=0.9), "class_weight": (1.0, 3.0)},
    "line search": {"optimizer": LbfgsSpec(history=3)},
    "no shuffling": {"shuffle": False},
}


class Threads:
    """A group whose processes are threads."""

    def __init__(self, size: int) -> None:
        self.size, self.barrier = size, threading.Barrier(size)
        self.commands: list[tuple[Command, bytes]] = []
        self.gradients: list[Any] = [None] * size

    def member(self, rank: int) -> "Thread":
        return Thread(self, rank)


class Thread:
    """One thread of a group."""

    def __init__(self, shared: Threads, rank: int) -> None:
        self.shared, self.rank, self.size = shared, rank, shared.size

    def begin(self) -> None:
        """Nothing to prepare."""

    def share_parameters(self, network: Network) -> None:
        """Nothing to prepare."""

    def send(self, command: Command, network: Network) -> None:
        self.shared.commands.append((command, network.parameters.vector.tobytes()))
        self.shared.barrier.wait(10)

    def take_parameters(self, network: Network) -> None:
        network.parameters.vector[:] = np.frombuffer(self.shared.commands[-1][1], np.float32)

    def add_up(self, loss: float, network: Network) -> float:
        self.shared.gradients[self.rank] = (loss, network.parameters.gradients.copy())
        self.shared.barrier.wait(10)
        if self.rank:
            return loss
        values = self.shared.gradients
        while len(values) > 1:
            pairs = zip(values[::2], values[1::2], strict=True)
            values = [(a[0] + b[0], a[1] + b[1]) for a, b in pairs]
        network.parameters.gradients[:] = values[0][1]
        return float(values[0][0])


def helper(shared: Threads, rank: int, training: TrainingSpec) -> None:
    network = small()
    state = initialize_training(network, training, ROWS)
    gradients = ShardedGradients(set_up(network, state, training, ROWS, VALIDATION), shared.member(rank))
    done = 0
    while True:
        shared.barrier.wait(10)
        command, _ = shared.commands[done]
        done += 1
        gradients.obey(command)


def run(training: TrainingSpec, size: int) -> TrainingState:
    network = small()
    state = initialize_training(network, training, ROWS)
    shared = Threads(size)

    def help_until_broken(rank: int) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):  # when the run has ended
            helper(shared, rank, training)

    threads = [threading.Thread(target=help_until_broken, args=(rank,)) for rank in range(1, size)]
    for thread in threads:
        thread.start()
    for _ in train(network, state, training, ROWS, VALIDATION, group=shared.member(0)):
        pass
    shared.barrier.abort()
    for thread in threads:
        thread.join()
    return state


@pytest.mark.parametrize("name", PLANS)
def test_any_number_of_processes_gives_the_same_bits(name: str) -> None:
    dumps = []
    for processes in (1, 2, 4, 8):
        state = run(spec(processes=processes, **PLANS[name]), processes)
        dumps.append((state.parameters.vector.tobytes(), state.run_digest, state.dropout.bit_generator.state))
    assert all(each == dumps[0] for each in dumps)


def test_shards_give_the_gradient_of_the_whole_batch_up_to_rounding() -> None:
    weights = np.random.default_rng(0).random(103)
    rows = Rows(ROWS.x, ROWS.y, weights)
    vectors = []
    for processes in (None, 1):
        network = classifier(DenseSpec(units=8, activation="tanh"))
        training = spec(processes=processes, optimizer=AdamSpec(), class_weight="balanced")
        state = initialize_training(network, training, rows)
        list(train(network, state, training, rows, VALIDATION))
        vectors.append(network.parameters.vector.copy())
    assert np.abs(vectors[0] - vectors[1]).max() < 1e-5
    assert (vectors[0] != vectors[1]).any(), "the shards were not used"


def test_a_run_goes_on_with_another_number_of_processes() -> None:
    training = spec(processes=1)
    network = small()
    state = initialize_training(network, training, ROWS)
    events = train(network, state, training, ROWS, VALIDATION)
    while not (isinstance(event := next(events), BatchEnd) and (event.epoch, event.batch) == (2, 2)):
        pass
    stored = checkpoint.dump(state)
    other = small()
    wanted = spec(processes=4)
    resumed = checkpoint.load(stored, other, wanted, ROWS)
    list(train(other, resumed, wanted, ROWS, VALIDATION))
    list(events)
    assert other.parameters.vector.tobytes() == network.parameters.vector.tobytes()


def test_masks_of_dropout_differ_between_shards_and_batches() -> None:
    network = classifier(DropoutSpec(rate=0.5), DenseSpec(units=8))
    training = spec(processes=1, epochs=1)
    state = initialize_training(network, training, ROWS)
    position = state.dropout.bit_generator.state
    list(train(network, state, training, ROWS))
    assert state.dropout.bit_generator.state != position
