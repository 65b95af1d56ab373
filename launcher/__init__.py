"""Run broker, workers, scheduler and API on one machine as one command."""
