"""Webhooks of projects, and the outbox of their deliveries."""
