"""Shared by plugins that run steps in containers."""
