"""Losses. Each is fused with its output activation: it takes logits and overwrites them with the gradient."""
