"""Start SeaweedFS, a server of S3-compatible object storage, for the tests that need one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import httpx

from tests.support.servers import end_with_parent, free_port, wait_until_ready

START_SECONDS = 60.0  # of four servers in one process
OPTIONS = (
    *("-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"),
    *("-s3.port.iceberg=0", "-s3.port.lance=0"),  # not started
)
KEY = {"accessKey": "key", "secretKey": "secret"}


class ObjectServer:
    """A server on free ports of the loopback interface, with one bucket that is created when it is first written."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bp-s3-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self, endpoint: str = "") -> dict[str, str]:
        """Return the variables with which a client finds the server, by default without a detour."""
        return {
            "AWS_ACCESS_KEY_ID": KEY["accessKey"],
            "AWS_SECRET_ACCESS_KEY": KEY["secretKey"],
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint or f"http://127.0.0.1:{self.port}",
        }

    def start(self) -> Self:
        """Start the server and wait until it responds."""
        identity = {"name": "tests", "credentials": [KEY], "actions": ["Admin", "Read", "Write", "List"]}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        (self.folder / "data").mkdir(exist_ok=True)
        ports = [f"-{part}.port={free_port()}" for part in ("master", "volume", "filer")]
        ports += [f"-{part}.port.grpc={free_port()}" for part in ("master", "volume", "filer", "s3")]
        log = self.folder / "log"
        folders = [f"-dir={self.folder / 'data'}", f"-s3.config={self.folder / 's3.json'}"]
        addresses = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={self.port}", *ports]
        command = [str(Path(sys.prefix) / "bin" / "weed"), "server", "-s3", *folders, *addresses, *OPTIONS]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - runs one system call
                env={"PATH": os.defpath},
            )
        wait_until_ready(self._answers, what="SeaweedFS", log=log, process=self._process, seconds=START_SECONDS)
        return self

    def destroy(self) -> None:
        """Stop the server and delete its files."""
        if self._process:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/status", trust_env=False).is_success
        except httpx.TransportError:
            return False
