"""Snapshots of state: of tasks, and of workspaces."""
