"""Run the whole service on one machine: broker, workers, scheduler and API as one command."""
