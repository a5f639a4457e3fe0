"""Routes of jobs, their steps, history and approvals."""
