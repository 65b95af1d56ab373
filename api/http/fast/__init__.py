"""Answer requests in front of the framework."""
