"""The training loop, its state and checkpoints, schedules, updates and the learning-rate finder."""
