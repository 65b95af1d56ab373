"""Reading NDJSON files: one JSON object per line."""
