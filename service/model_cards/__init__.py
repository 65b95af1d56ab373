"""Model cards: what a model predicts, how it was trained, how good it is, and where it must not be trusted."""
