"""Which rows evaluate a network: a part of the table, folds, or rows of another data set."""
