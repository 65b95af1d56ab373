"""Reading NPZ files: NumPy arrays in a zip archive."""
