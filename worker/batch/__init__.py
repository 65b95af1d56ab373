"""Batches: predict the rows of a data set, block by block, and store the answers as a file."""
