"""Losses, each fused with its output activation: they take logits and leave the gradient in them."""
