"""Deliver webhooks from the scheduler process."""
