"""The options of the command `backprop-server` (`./dev` in a checkout). Standard library only: `--help` is fast."""
