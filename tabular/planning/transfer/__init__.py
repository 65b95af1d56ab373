"""What a job reuses from a trained model or from uploaded weights (`init_from`)."""
