"""Time training steps of one network on several processes.

    ./dev bench processes [--network 6] [--processes 1,2] [--shards 8,2] [--epochs 3]

Prints milliseconds per step (median), the processor time of process 0 per step, the speed compared with one process
that takes each batch as a whole, and a digest of the weights. Runs with equal shards must have equal digests. The
figures mean something only if each process has a core of its own: look at the load of the machine first.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.networks import NETWORKS
from engine.spec import TrainingSpec
from engine.training.loop import train
from engine.training.parallel.gradients import ShardedGradients
from engine.training.parallel.mpiexec import find_mpiexec
from engine.training.run import set_up
from engine.training.state import initialize_training


def take_part(network_number: int, shards: int, epochs: int) -> None:
    """Run as one process of a group; process 0 prints its figures. `shards` 0: whole batches."""
    import numpy as np  # noqa: PLC0415 - only the processes need them

    from engine.training.parallel.mpi_group import MpiGroup  # noqa: PLC0415

    group, timed = MpiGroup(), NETWORKS[network_number - 1]
    network, rows = timed.network(), timed.rows()
    sharded = {"processes": group.size, "shards": shards} if shards else {}
    spec = TrainingSpec(epochs=epochs, batch_size=timed.batch, **sharded)
    state = initialize_training(network, spec, rows)
    if group.rank:
        gradients = ShardedGradients(set_up(network, state, spec, rows, None), group)
        while (command := group.receive()) is not None:
            gradients.obey(command)
        return
    walls, processor = [time.perf_counter()], [time.thread_time()]
    for _ in train(network, state, spec, rows, group=group):
        walls.append(time.perf_counter())
        processor.append(time.thread_time())
    group.end()
    milliseconds = [1e3 * float(np.median(np.diff(times)[:-2])) for times in (walls, processor)]
    print(*milliseconds, hashlib.sha256(network.parameters.vector.tobytes()).hexdigest()[:12])


def measure(network: int, processes: int, shards: int, epochs: int) -> tuple[float, float, str]:
    """Return milliseconds per step, those of the processor, and a digest of the weights."""
    mpiexec = find_mpiexec()
    if mpiexec is None:
        sys.exit("Install the extra mpi first.")
    own = [sys.executable, "-P", __file__, "--network", str(network), "--take-part", str(shards)]
    command = [mpiexec, "-n", str(processes), *own, "--epochs", str(epochs)]
    wall, processor, digest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-3:]
    return float(wall), float(processor), digest


def main() -> None:
    """Print one line per number of shards and processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", type=int, default=6, help="its number among the networks of ./dev bench engine")
    parser.add_argument("--processes", default="1,2")
    parser.add_argument("--shards", default="8,2")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--take-part", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take_part is not None:
        take_part(options.network, options.take_part, options.epochs)
        return
    whole, used, digest = measure(options.network, 1, 0, options.epochs)
    print(f"whole batches, one process: {whole:.1f} ms, processor {used:.1f} ms, {digest}", flush=True)
    for shards in map(int, options.shards.split(",")):
        for processes in map(int, options.processes.split(",")):
            if processes > shards:
                continue
            wall, used, digest = measure(options.network, processes, shards, options.epochs)
            ratio = f"{whole / wall:.2f} x"
            figures = f"{wall:.1f} ms, processor {used:.1f} ms, {ratio}, {digest}"
            print(f"{shards} shards, {processes} processes: {figures}", flush=True)


if __name__ == "__main__":
    main()
