"""How good a network's predictions are on held-out rows."""
