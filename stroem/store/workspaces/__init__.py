"""SQL of workspaces: schedules of sources, releases, overrides, files, libraries."""
