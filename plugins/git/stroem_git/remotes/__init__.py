"""Remotes: conversations with git hosts, their refs and credentials."""
