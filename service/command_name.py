"""The command with which people run this service: messages that tell what to run name it."""

from pathlib import Path

IS_CHECKOUT = (Path(__file__).resolve().parents[1] / "dev").is_file()
COMMAND = "./dev" if IS_CHECKOUT else "backprop-server"
