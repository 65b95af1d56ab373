"""Read CSV files: decoding, dialect, staging in DuckDB, error locations."""
