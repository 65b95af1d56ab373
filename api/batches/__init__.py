"""/v1/batches, and /v1/models/{id}/batches: predictions for whole data sets."""
