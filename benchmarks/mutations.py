"""Break the job protocol in one place at a time, and check that a test fails: ``./dev bench mutations [WORD]``.

Each mutation is made in a copy of the tree. With a word, only mutations whose name contains it are made.
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
LEASES, CLAIM, DATABASE = "store/jobs/leases.py", "store/jobs/claim.sql", "store/db/database.py"
RETRY, JOB_RUN = "worker/job/retry.py", "worker/job/job_run.py"
PYTHON_CLOCK = "int(__import__('time').time() * 1000)"
SQL_CLOCK = "(SELECT (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint)"
PROTOCOL = ("tests/store/jobs/test_leases.py", "-k", "sqlite")  # one database is enough to notice a mutation
QUEUE = ("tests/store/jobs/test_claims.py", "-k", "sqlite")
OWNERS = ("tests/store/jobs/test_jobs.py", "-k", "sqlite")
RETRIES = ("tests/worker/job/test_retry.py",)
EXPIRED_LEASES = ("tests/worker/maintenance/test_expired_leases.py", "-k", "sqlite")
RUNNER = ("tests/worker/test_runner.py", "-k", "sqlite")
CLOCKS = ("tests/faults/test_stale.py", "-k", "clock")


@dataclass(frozen=True)
class Mutation:
    """`old` becomes `new` everywhere in a file; some of `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    # The fence and the state guard every write.
    Mutation("fence not checked", LEASES, "Job.fence == lease.fence, ", "", PROTOCOL),
    Mutation("state not checked", LEASES, ', Job.state == "running")\n', ")\n", PROTOCOL),
    Mutation("fence not increased", CLAIM, "fence = fence + 1,", "fence = fence,", PROTOCOL),
    Mutation(
        "checkpoint stored without the fence",
        LEASES,
        "    _update_held(tx, lease, checkpoint_id=checkpoint_id)\n",
        "    tx.execute(update(Job).where(Job.id == lease.job_id).values(checkpoint_id=checkpoint_id))\n",
        PROTOCOL,
    ),
    # Jobs wait for workers that compute the same bits.
    Mutation("fingerprint ignored", CLAIM, " AND id NOT IN (SELECT id FROM reserved)", "", QUEUE),
    Mutation("jobs reserved for dead workers", CLAIM, "seen_at > {now} - :live", "seen_at > 0 * :live", QUEUE),
    Mutation("jobs reserved without end", CLAIM, "updated_at > {now} - :wait", "updated_at > 0 * :wait", QUEUE),
    # Attempts are counted.
    Mutation("claim not counted as attempt", CLAIM, "attempt = attempt + 1,", "attempt = attempt,", PROTOCOL),
    Mutation("attempt of a stopping worker charged", LEASES, "else Job.attempt - 1,", "else Job.attempt,", PROTOCOL),
    Mutation("lost workers not counted", RETRY, "if attempt < max_attempts:", "if attempt < 10_000:", EXPIRED_LEASES),
    Mutation("lost worker retried without end", RETRY, "return WORKER_LOST", "return outcome", EXPIRED_LEASES),
    Mutation("rejected result retried without end", RETRY, "return DATABASE_REFUSED", "return outcome", RETRIES),
    Mutation(
        "failed claims not recovered",
        "worker/claiming.py",
        "return self._find_claimed()",
        "return None",
        ("tests/worker/test_claiming.py", "-k", "sqlite"),
    ),
    # Requests of owners are kept.
    Mutation("cancel lost at a pause", LEASES, '(canceled, "canceled"), ', "", PROTOCOL),
    Mutation("resume lost at a pause", LEASES, '(paused, "paused"), else_="queued"', 'else_="paused"', PROTOCOL),
    Mutation("cancel lost at the end of a job", LEASES, ", not_canceled)", ")", PROTOCOL),
    Mutation("pause lost with the worker", RETRY, 'if requested != "pause":', 'if requested != "?":', RETRIES),
    Mutation(
        "lost epochs not repeated before a stop",
        JOB_RUN,
        'case "stop" if loaded.state.epoch >= self._job.epoch:',
        'case "stop":',
        ("tests/worker/job/test_owner_requests.py", "-k", "sqlite"),
    ),
    Mutation("drain flag ignored", JOB_RUN, "if self._is_draining():", "if self._is_draining is None:", RUNNER),
    # Final states stay, and leave no checkpoints.
    Mutation("final states change", "store/jobs/jobs.py", "Job.state.in_(UNFINISHED)", "Job.id != ''", OWNERS),
    Mutation(
        "checkpoints kept after the end",
        "store/jobs/transitions.py",
        "checkpoints.remove_older(tx, JobId(job.id), keep=0)",
        "pass",
        PROTOCOL,
    ),
    # leases expire by the clock of the database.
    Mutation("valid leases taken", LEASES, "Job.lease_until < now()", "Job.id != ''", PROTOCOL),
    Mutation("expiry judged by another clock", LEASES, "lease_until < now()", f"lease_until < {PYTHON_CLOCK}", CLOCKS),
    Mutation("renewed lease by another clock", LEASES, "return now() + int", f"return {PYTHON_CLOCK} + int", CLOCKS),
    Mutation("new lease by another clock", CLAIM, "lease_until = {now} +", f"lease_until = {SQL_CLOCK} +", CLOCKS),
    Mutation(
        "frozen worker blocks the scheduler",
        LEASES,
        "skip_locked=True",
        "skip_locked=False",
        ("tests/faults/test_stale.py", "-k", "frozen_in"),
    ),
    # Checkpoints survive damage.
    Mutation("one checkpoint kept", LEASES, "keep=KEPT_CHECKPOINTS", "keep=1", PROTOCOL),
    Mutation(
        "damaged checkpoint ends the job",
        "worker/job/loading.py",
        "except (CheckpointError, BlobDamaged)",
        "except ZeroDivisionError",
        RUNNER,
    ),
    Mutation(
        "damaged bytes not detected",
        "store/artifacts/blobs.py",
        "if digest.hexdigest() != expected:",
        "if digest is None:",
        ("tests/store/artifacts/test_blobs.py", "-k", "sqlite"),
    ),
    # Notifications follow the commit, and are repeated.
    Mutation(
        "notification before the commit",
        "store/db/transaction.py",
        "    tx.info.setdefault(AFTER_COMMIT, []).append(hook)",
        "    hook()",
        ("tests/store/db/test_transaction.py", "-k", "sqlite"),
    ),
    Mutation(
        "notifications not repeated",
        "worker/maintenance/worker_notifications.py",
        "min(max(free_slots, 1), self.limit)",
        "0",
        ("tests/worker/maintenance/test_worker_notifications.py", "-k", "sqlite"),
    ),
    Mutation(
        "full workers restart",
        "worker/broker_watchdog.py",
        "if busy_slots >= self._slots:",
        "if busy_slots < 0:",
        ("tests/worker/test_broker_watchdog.py",),
    ),
    # Requests are answered once, and quotas hold under concurrency.
    Mutation(
        "answer not stored with its key",
        "api/http/idempotency.py",
        "            idempotency.store_answer(",
        "            (lambda *_: None)(",
        ("tests/api/jobs/test_jobs.py", "-k", "key"),
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
)


def main() -> int:
    """Print a line for each mutation; return how many no test noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only mutations whose name contains it")
    word = parser.parse_args().word
    chosen = [mutation for mutation in MUTATIONS if word in mutation.name]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "data", "__pycache__"))
        unnoticed = [mutation for mutation in chosen if not caught(tree, mutation)]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} caught")
    return len(unnoticed)


def caught(tree: Path, mutation: Mutation) -> bool:
    """Whether a test fails with the mutation."""
    file = tree / mutation.file
    original, began = file.read_text(), time.monotonic()
    if mutation.old not in original:
        print(f"{mutation.name:40} the mutated code is no longer in {mutation.file}")
        return False
    file.write_text(original.replace(mutation.old, mutation.new))
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
        file.write_text(original)
    failed = [line.split(" - ")[0] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    by = failed[0].rpartition("::")[2] if failed else "nothing"
    verdict = "caught" if ran.returncode == 1 and failed else "NOT NOTICED"
    print(f"{mutation.name:40} {verdict} by {by} ({time.monotonic() - began:.0f} s)", flush=True)
    return ran.returncode == 1 and bool(failed)


if __name__ == "__main__":
    sys.exit(main())
