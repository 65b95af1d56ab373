"""Run a job on several processes: the worker starts them with `mpiexec`, and process 0 trains, records and finishes."""
