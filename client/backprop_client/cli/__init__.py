"""The command `backprop`: upload, train, watch, predict and download in a terminal or a script."""
