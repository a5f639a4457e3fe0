"""Libraries: actions and tasks that workspaces share, followed like workspaces."""
