"""What a job takes over from a trained model or from uploaded weights (`init_from`)."""
