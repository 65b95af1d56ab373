"""Read files and prediction rows: formats, type inference, profiling and the sandbox process."""
