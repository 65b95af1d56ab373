"""Training reports: what a job learned, how, from which data, and what that cost."""
