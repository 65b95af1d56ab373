"""A group of MPI processes, on one host or several.

Parameters and gradients of one host's processes are in shared memory. Between hosts they travel as messages: parameters
from process 0 to the first process of each host, gradients along the tree in which they are added up.

MPI's own waits and its reductions are not used: its waits occupy a core, and its reductions choose their order.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from mpi4py import MPI

from engine.memory import Array
from engine.network import Network
from engine.training.parallel.group import Command, StartBatch, StartEpoch

SPIN_SECONDS = 0.0005  # a process waits so long without a pause, because most messages come at once
MAX_PAUSE_SECONDS = 0.001
EPOCH, BATCH, BEGIN, END = 1, 2, 3, 4  # kinds of commands
WORDS = 16  # of 64 bits, in a command
LOSS, GRADIENT = 1, 2  # tags of messages


@dataclass(frozen=True, slots=True, kw_only=True)
class _SharedVectors:
    """Memory that the processes of a host share, for one network."""

    parameters: Array  # one vector
    gradients: list[Array]  # one of each process
    windows: tuple[MPI.Win, MPI.Win]  # which keep the memory

    def sync(self) -> None:
        """Let the other processes see what was written, and this one what they have written."""
        for window in self.windows:
            window.Sync()


class NothingToDo(Exception):
    """Process 0 has ended the run before its training."""


class MpiGroup:
    """This process in the group of all processes that `mpiexec` started."""

    def __init__(self) -> None:
        self._all = MPI.COMM_WORLD
        self.rank, self.size = self._all.Get_rank(), self._all.Get_size()
        self._host = MPI.Intracomm(self._all.Split_type(MPI.COMM_TYPE_SHARED, key=self.rank))
        is_first = self._host.Get_rank() == 0
        self._first_of_hosts = self._all.Split(0 if is_first else MPI.UNDEFINED, key=self.rank)
        self._is_first = is_first
        ranks = self._all.allgather(min(self._host.allgather(self.rank)))
        self._host_of = ranks  # the number of a host is the rank of its first process
        self._place = [ranks[:rank].count(host) for rank, host in enumerate(ranks)]  # of each process on its host
        self._vectors: dict[int, _SharedVectors] = {}
        self._command = np.zeros(WORDS, np.uint64)
        self.helper_cpu_seconds = 0.0  # of the other processes, as far as this one knows

    @property
    def hosts(self) -> int:
        """The number of hosts."""
        return len(set(self._host_of))

    def agree(self, value: str) -> bool:
        """Return whether this value is the same in all processes."""
        return len(set(self._all.allgather(value))) == 1

    # --- one network

    def share_parameters(self, network: Network) -> None:
        """Allocate the memory that the processes of a host share."""
        vector, gradients = network.parameters.vector, network.parameters.gradients
        windows = (
            MPI.Win.Allocate_shared(vector.nbytes if self._is_first else 0, vector.itemsize, comm=self._host),
            MPI.Win.Allocate_shared(gradients.nbytes, gradients.itemsize, comm=self._host),
        )
        for window in windows:
            window.Lock_all()
        self._vectors[id(network)] = _SharedVectors(
            parameters=_array(windows[0], 0, network.dtype),
            gradients=[_array(windows[1], rank, network.dtype) for rank in range(self._host.Get_size())],
            windows=windows,
        )

    # --- commands

    def send(self, command: Command, network: Network) -> None:
        """Send a command from process 0; with a batch, the parameters of its network, too."""
        if self.size == 1:
            return
        if isinstance(command, StartBatch):
            self._vectors[id(network)].parameters[:] = network.parameters.vector
            self._vectors[id(network)].sync()
        self._command[:] = _encode(command)
        self._broadcast(self._all, self._command)
        if isinstance(command, StartBatch):
            self._send_parameters(network)

    def begin(self) -> None:
        """Let the other processes take part; called by all of them, by process 0 when the training starts.

        Raises:
            NothingToDo: process 0 has ended the run before its training.
        """
        if self.rank == 0:
            self._send_kind(BEGIN)
            return
        self._broadcast(self._all, self._command)
        if int(self._command[0]) == END:
            raise NothingToDo

    def end(self) -> None:
        """Let the other processes end; called by process 0."""
        self._send_kind(END)

    def receive(self) -> Command | None:
        """Return the next command of process 0; None at the end."""
        self._broadcast(self._all, self._command)
        return _decode([int(word) for word in self._command])

    def abort(self) -> NoReturn:
        """End all processes at once, as if this one had crashed."""
        self._all.Abort(1)
        raise SystemExit(1)

    def close(self, seconds: float) -> None:
        """Leave MPI. If the other processes do not follow within `seconds`, end without them."""
        timer = threading.Timer(seconds, os._exit, [1])
        timer.daemon = True
        timer.start()
        MPI.Finalize()
        timer.cancel()

    def _send_kind(self, kind: int) -> None:
        self._command[:] = 0
        self._command[0] = kind
        self._broadcast(self._all, self._command)

    def take_parameters(self, network: Network) -> None:
        """Take the parameters that process 0 has sent with a batch."""
        self._send_parameters(network)
        self._vectors[id(network)].sync()
        network.parameters.vector[:] = self._vectors[id(network)].parameters

    def _send_parameters(self, network: Network) -> None:
        """Send the parameters to the other hosts. Process 0 has written those of its own host before the command."""
        if self.hosts == 1:
            return
        if self._is_first:
            self._broadcast(self._first_of_hosts, self._vectors[id(network)].parameters)
            self._vectors[id(network)].sync()
        if self._host_of[self.rank] != 0:
            _wait(self._host.Ibarrier())

    def _broadcast(self, processes: MPI.Comm, values: Array) -> None:
        _wait(processes.Ibcast(values, root=0))

    # --- gradients

    def add_up(self, loss: float, network: Network) -> float:
        """Add up in the order of the tree. Process r adds the gradients of r + 1, r + 2, r + 4, ... to its own."""
        if self.size == 1:
            return loss
        gradients = network.parameters.gradients
        step, cpu_seconds = 1, 0.0
        while step < self.size:
            if self.rank % (2 * step):
                self.helper_cpu_seconds = cpu_seconds
                self._hand_over(loss, network, self.rank - step)
                return loss
            (other, used), theirs = self._take(network, self.rank + step)
            cpu_seconds += used
            np.add(gradients, theirs, out=gradients)
            loss, step = loss + other, 2 * step
        self.helper_cpu_seconds = cpu_seconds
        return loss

    def _hand_over(self, loss: float, network: Network, receiver: int) -> None:
        vectors, gradients = self._vectors[id(network)], network.parameters.gradients
        if self._shares_memory_with(receiver):
            vectors.gradients[self._place[self.rank]][:] = gradients
            vectors.sync()
        numbers = np.array([loss, time.process_time() + self.helper_cpu_seconds])
        _wait(self._all.Isend(numbers, receiver, LOSS))
        if not self._shares_memory_with(receiver):
            _wait(self._all.Isend(gradients, receiver, GRADIENT))

    def _take(self, network: Network, sender: int) -> tuple[tuple[float, float], Array]:
        """Return loss, processor time and gradients of another process and of those it has added up."""
        numbers, vectors = np.empty(2), self._vectors[id(network)]
        _wait(self._all.Irecv(numbers, sender, LOSS))
        if self._shares_memory_with(sender):
            vectors.sync()
            return (float(numbers[0]), float(numbers[1])), vectors.gradients[self._place[sender]]
        theirs = vectors.gradients[self._place[self.rank]]  # which this process does not hand over any more
        _wait(self._all.Irecv(theirs, sender, GRADIENT))
        return (float(numbers[0]), float(numbers[1])), theirs

    def _shares_memory_with(self, other: int) -> bool:
        return bool(self._host_of[other] == self._host_of[self.rank])


def _array(window: MPI.Win, rank: int, dtype: np.dtype[Any]) -> Array:
    buffer, _ = window.Shared_query(rank)
    return np.frombuffer(buffer.cast("B"), dtype)


def _encode(command: Command) -> list[int]:
    match command:
        case StartBatch():
            words = [BATCH, command.network, command.batch, command.key]
        case StartEpoch():
            position = command.shuffle
            wide = [position["state"], position["inc"]]
            halves = [half for value in wide for half in (value >> 64, value & (2**64 - 1))]
            words = [EPOCH, command.network, command.epoch, *halves, position["has_uint32"], position["uinteger"]]
    return words + [0] * (WORDS - len(words))


def _decode(words: list[int]) -> Command | None:
    kind, network, number, *rest = words
    if kind == END:
        return None
    if kind == BATCH:
        return StartBatch(network=network, batch=number, key=rest[0])
    wide = {"state": rest[0] << 64 | rest[1], "inc": rest[2] << 64 | rest[3]}
    return StartEpoch(network=network, epoch=number, shuffle=wide | {"has_uint32": rest[4], "uinteger": rest[5]})


def _wait(request: MPI.Request) -> None:
    """Wait for a message. After a moment, leave the core to other processes between two looks."""
    spin_until, pause = time.perf_counter() + SPIN_SECONDS, 0.00005
    while not request.Test():
        if time.perf_counter() > spin_until:
            time.sleep(pause)
            pause = min(pause * 1.5, MAX_PAUSE_SECONDS)
