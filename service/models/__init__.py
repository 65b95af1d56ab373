"""Name, compare and delete trained models."""
