"""Routes of jobs, their steps, logs, history and approvals."""
