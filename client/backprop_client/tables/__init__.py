"""Tables that applications have: files, data frames, rows and arrays."""
