"""The processes that compute the gradients of one run together. This file has the interface, and the group of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from engine.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEpoch:
    """Tells all processes that an epoch of a network starts, or continues, with this order of its rows."""

    network: int  # its position among those that train
    epoch: int  # completed epochs
    shuffle: dict[str, Any]  # the position of the stream that shuffles


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBatch:
    """Tells all processes to compute their shards of a batch. `key` seeds the masks of dropout."""

    network: int
    batch: int
    key: int


Command = StartEpoch | StartBatch


class Group(Protocol):
    """Processes 0 to `size` - 1. Process 0 has the state of the run; the others only compute gradients."""

    rank: int
    size: int

    def begin(self) -> None:
        """Let the other processes take part. All of them call it, process 0 when the training starts."""

    def share_parameters(self, network: Network) -> None:
        """Prepare to send the parameters of a network. All processes call it in the same order of networks."""

    def send(self, command: Command, network: Network) -> None:
        """Send a command from process 0 to the others; with a batch, the parameters of its network, too."""

    def take_parameters(self, network: Network) -> None:
        """Take the parameters that process 0 has sent with a batch."""

    def add_up(self, loss: float, network: Network) -> float:
        """Add up all gradients in the order of the tree, into that of process 0; return the sum of the losses there."""


class SingleProcess:
    """A group of one process, which computes all shards itself."""

    rank = 0
    size = 1

    def begin(self) -> None:
        """Do nothing: there is no other process."""

    def share_parameters(self, network: Network) -> None:
        """Do nothing: there is no other process."""

    def send(self, command: Command, network: Network) -> None:
        """Do nothing: there is no other process."""

    def take_parameters(self, network: Network) -> None:
        """Do nothing: there is no other process."""

    def add_up(self, loss: float, network: Network) -> float:  # noqa: ARG002 - it has the whole gradient
        """Return the loss: this process has computed everything."""
        return loss
