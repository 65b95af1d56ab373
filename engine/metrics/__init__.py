"""Metrics on rows that the network is not trained on."""
