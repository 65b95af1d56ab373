"""Submit jobs, and act on them: resolve a request, estimate, queue, cancel, stop, pause, resume, retry."""
