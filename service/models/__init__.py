"""What owners do with their trained models: name, compare and delete them."""
