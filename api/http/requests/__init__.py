"""Read and check requests before an endpoint runs: JSON bodies, query parameters, pointers to what is wrong."""
