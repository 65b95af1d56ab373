"""Would more data help? Queue jobs on parts of the rows, fit a curve to their errors, and say it in words."""
