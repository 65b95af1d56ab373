"""The answers of a model for whole data sets: as columns, block by block, and as files."""
