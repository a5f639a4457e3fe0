"""Logs of steps: append, read, seal."""
