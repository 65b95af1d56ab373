"""Which columns a network learns from, and how each becomes numbers."""
