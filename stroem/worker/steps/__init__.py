"""Steps that run on this worker: runners, logs, outputs."""
