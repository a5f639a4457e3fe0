"""Secrets outside of workspaces: the built-in secret stores."""
