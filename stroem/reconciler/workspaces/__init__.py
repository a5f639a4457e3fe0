"""Workspaces: the pipeline from a source to the current release, and its status."""
