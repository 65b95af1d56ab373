"""What a job predicts: its target columns, their tasks and classes, and the loss."""
