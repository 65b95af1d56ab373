"""Run one claimed job: load it, train, record, and store the model."""
