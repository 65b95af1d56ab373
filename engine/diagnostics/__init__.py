"""Layer statistics, findings and contributions: how well a network trains, and why not."""
