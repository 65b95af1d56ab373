"""Limits for slow and oversized senders, enforced before the application."""
