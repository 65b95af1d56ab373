"""What all attempts share, at jobs and at batches: outcomes, retries, progress, and how attempts end."""
