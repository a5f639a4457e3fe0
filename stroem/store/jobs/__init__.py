"""SQL of jobs: steps, plans, claims, workers, logs."""
