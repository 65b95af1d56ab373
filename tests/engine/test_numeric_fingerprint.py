"""The numeric fingerprint is the same in every process of a machine."""

import subprocess
import sys

from engine.numeric_fingerprint import numeric_fingerprint


def test_another_process_has_the_same_fingerprint() -> None:
    program = "from engine.numeric_fingerprint import numeric_fingerprint; print(numeric_fingerprint())"
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, text=True).strip() == numeric_fingerprint()
