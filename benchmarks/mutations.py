"""Break the job protocol in one place at a time, and see that a test notices: ``./dev bench mutations [WORD]``.

Each mutation is made in a copy of the tree; with a word, only those whose name has it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEASES, CLAIMS, DATABASE = "store/jobs/leases.py", "store/jobs/claims.py", "store/db/database.py"
PROTOCOL = ("tests/store/test_leases.py",)
CLOCKS = ("tests/faults/test_stale.py", "-k", "clock")
QUEUE = ("tests/store/test_claims.py",)
RUNNER = ("tests/worker/test_runner.py",)
API = ("tests/api/jobs/test_jobs.py", "tests/api/http/test_authentication.py")


@dataclass(frozen=True)
class Mutation:
    """`old` becomes `new` everywhere in a file; `tests` are to fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation("fence not checked", LEASES, "Job.fence == lease.fence, ", "", PROTOCOL),
    Mutation("state not checked", LEASES, ', Job.state == "running")\n', ")\n", PROTOCOL),
    Mutation("fence not raised", CLAIMS, "fence=Job.fence + 1", "fence=Job.fence", PROTOCOL),
    Mutation("other arithmetic not waited for", CLAIMS, " AND id NOT IN (SELECT id FROM waiting)", "", QUEUE),
    Mutation("dead workers waited for", CLAIMS, 'Worker.seen_at > now() - _given("live")', "Worker.seen_at > 0", QUEUE),
    Mutation("waited for without end", CLAIMS, 'Job.updated_at > now() - _given("wait")', "Job.updated_at > 0", QUEUE),
    Mutation(
        "failed claims not looked for",
        "worker/runner.py",
        "return self._held()",
        "return None",
        ("tests/faults/test_failpoints.py", "-k", "reported"),
    ),
    Mutation("attempt not charged", CLAIMS, "attempt=Job.attempt + 1", "attempt=Job.attempt", PROTOCOL),
    Mutation("drained attempt charged", LEASES, "else Job.attempt - 1,", "else Job.attempt,", PROTOCOL),
    Mutation("cancel lost in a pause", LEASES, '(canceled, "canceled"), ', "", PROTOCOL),
    Mutation("resume lost in a pause", LEASES, '(paused, "paused"), else_="queued"', 'else_="paused"', PROTOCOL),
    Mutation("cancel lost in an end", LEASES, ", not_canceled)", ")", PROTOCOL),
    Mutation(
        "checkpoints kept after the end",
        "store/jobs/jobs.py",
        "checkpoints.remove_older(tx, JobId(job.id), keep=0)",
        "pass",
        PROTOCOL,
    ),
    Mutation("living leases taken", LEASES, "Job.lease_until < now()", "Job.id != ''", PROTOCOL),
    Mutation(
        "lapse judged by another clock",
        LEASES,
        "Job.lease_until < now()",
        "Job.lease_until < int(__import__('time').time() * 1000)",
        CLOCKS,
    ),
    Mutation(
        "lease given by another clock",
        LEASES,
        "return now() + int",
        "return int(__import__('time').time() * 1000) + int",
        CLOCKS,
    ),
    Mutation(
        "claim's lease by another clock",
        CLAIMS,
        "lease_until=now() +",
        "lease_until=int(__import__('time').time() * 1000) +",
        CLOCKS,
    ),
    Mutation(
        "sleeper stops the scheduler",
        LEASES,
        "skip_locked=True",
        "skip_locked=False",
        ("tests/faults/test_stale.py", "-k", "sleeps_in"),
    ),
    Mutation("lost workers not counted", LEASES, "Job.attempt >= max_attempts", "Job.attempt > 10_000", PROTOCOL),
    Mutation("cancel forgotten with the worker", LEASES, 'Job.requested == "cancel"', 'Job.requested == "?"', PROTOCOL),
    Mutation(
        "pointer flipped without the fence",
        LEASES,
        "    _held(tx, lease, checkpoint_id=checkpoint_id)\n",
        "    tx.execute(update(Job).where(Job.id == lease.job_id).values(checkpoint_id=checkpoint_id))\n",
        PROTOCOL,
    ),
    Mutation("one checkpoint kept", LEASES, "keep=2", "keep=1", PROTOCOL),
    Mutation("ends not final", "store/jobs/jobs.py", "Job.state.in_(UNFINISHED)", "Job.id != ''", PROTOCOL),
    Mutation(
        "damaged checkpoint stops the job",
        "worker/job/loading.py",
        "except (CheckpointError, BlobDamaged)",
        "except ZeroDivisionError",
        RUNNER,
    ),
    Mutation(
        "damaged bytes not noticed",
        "store/artifacts/blobs.py",
        "if digest.hexdigest() != expected:",
        "if digest is None:",
        ("tests/store/test_blobs.py",),
    ),
    Mutation(
        "lost epochs not made again before a stop",
        "worker/job/job_run.py",
        'case "stop" if prepared.state.epoch >= self._job.epoch:',
        'case "stop":',
        ("tests/worker/test_requests.py",),
    ),
    Mutation(
        "drain flag not seen", "worker/job/job_run.py", "if self._draining():", "if self._draining is None:", RUNNER
    ),
    Mutation(
        "notification before commit",
        "store/db/transaction.py",
        "    tx.info.setdefault(AFTER_COMMIT, []).append(hook)\n",
        "    hook()\n",
        ("tests/store/test_transaction.py",),
    ),
    Mutation(
        "nobody rings again",
        "worker/maintenance/scheduler.py",
        "send(self._app, min(max(free, 1), MOST_RINGS))",
        "send(self._app, 0)",
        ("tests/worker/test_scheduler.py",),
    ),
    Mutation(
        "answer not kept with its key",
        "api/http/idempotency.py",
        "            idempotency.store_answer(",
        "            (lambda *_: None)(",
        API,
    ),
    Mutation(
        "queue counted without a lock",
        "store/jobs/queue_position.py",
        ".with_for_update(key_share=True)",
        "",
        ("tests/api/jobs/test_quotas.py", "-k", "concurrent and postgres"),
    ),
    Mutation(
        "SQLite writers begin as readers",
        DATABASE,
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        ("tests/faults/test_database.py", "-k", "four"),
    ),
    Mutation(
        "busy workers take themselves for deaf",
        "worker/broker_watchdog.py",
        "if busy >= self._slots:",
        "if busy < 0:",
        ("tests/worker/test_hearing.py",),
    ),
)


def main() -> int:
    """Print a line for each mutation; 1 if one lives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only mutations whose name has it")
    word = parser.parse_args().word
    chosen = [mutation for mutation in MUTATIONS if word in mutation.name]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "data", "__pycache__"))
        lived = [mutation for mutation in chosen if not caught(tree, mutation)]
    print(f"{len(chosen) - len(lived)} of {len(chosen)} caught")
    return len(lived)


def caught(tree: Path, mutation: Mutation) -> bool:
    """Whether its tests fail with the mutation, by a failing test and nothing else."""
    file = tree / mutation.file
    sound, began = file.read_text(), time.monotonic()
    if mutation.old not in sound:
        print(f"{mutation.name:40} there is nothing like it in {mutation.file} any more")
        return False
    file.write_text(sound.replace(mutation.old, mutation.new))
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "pytest", "-q", "-x", *mutation.tests],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.write_text(sound)
    failed = [line.split(" - ")[0] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    by = failed[0].rpartition("::")[2] if failed else "nothing"
    verdict = "caught" if ran.returncode == 1 and failed else "LIVES"
    print(f"{mutation.name:40} {verdict} by {by} ({time.monotonic() - began:.0f} s)", flush=True)
    return ran.returncode == 1 and bool(failed)


if __name__ == "__main__":
    sys.exit(main())
