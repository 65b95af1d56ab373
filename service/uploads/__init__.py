"""Turn uploaded files into data sets and weights."""
