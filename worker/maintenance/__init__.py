"""The scheduler and its duties, one file per duty."""
