"""Start the command `backprop`, or say what is missing."""

import sys

MISSING = """\
error: the command needs two more packages. Install them with:
  pip install "backprop-client[cli]"
"""


def main() -> None:
    """Run the command, and exit with its code."""
    try:
        import rich  # noqa: F401, PLC0415 - an optional dependency
        import typer  # noqa: F401, PLC0415 - an optional dependency
    except ImportError:
        sys.stderr.write(MISSING)
        sys.exit(2)
    from backprop_client.cli.app import app  # noqa: PLC0415 - imports both

    app(prog_name="backprop")


if __name__ == "__main__":
    main()
