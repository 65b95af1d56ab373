"""Webhooks: what may be a target, signatures, retries, and what owners do with them."""
