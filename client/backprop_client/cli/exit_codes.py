"""Exit codes of the command, for scripts: docs/command-line.md lists them."""

OK = 0
JOB_FAILED = 1  # the job failed or was canceled
USAGE = 2  # an option, an argument or a local file is wrong
UNREACHABLE = 3  # no answer from the service
REFUSED = 4  # the service answered, and refused: wrong key, not found, invalid, not now
SERVER_ERROR = 5  # the service answered that it failed
INTERRUPTED = 130  # Ctrl-C
