"""Routes of the state of tasks and workspaces."""
