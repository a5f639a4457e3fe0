"""Limits: slots that jobs need, sizes of keys, windows of rates, and blockers of jobs."""
