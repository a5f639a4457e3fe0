"""Secrets outside of workspaces: the built-in secret stores, and encryption at rest."""
