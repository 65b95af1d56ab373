"""Whether the requested layers fit the features and the training, and the embedding layer in front of them."""
