"""Layer statistics, findings and contributions: how well a network trains, and what is wrong if it does not."""
