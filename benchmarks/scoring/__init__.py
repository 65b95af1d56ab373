"""Score default jobs and other libraries on the same rows of the same tables."""
