"""Triggers: rows that follow releases, and fires that start jobs."""
