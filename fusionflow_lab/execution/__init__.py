"""Run plans on a Dask cluster: tasks on workers, the driver, the runner that owns a job."""
