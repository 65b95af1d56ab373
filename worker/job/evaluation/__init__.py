"""Evaluate the model of a job on rows that its networks did not train on."""
