"""One measured training step: what each layer does in the forward pass, the backward pass and the update."""
