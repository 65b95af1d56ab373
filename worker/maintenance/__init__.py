"""The scheduler and its duties."""
