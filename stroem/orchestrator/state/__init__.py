"""State of tasks and workspaces: snapshots, their archives, their values in templates."""
