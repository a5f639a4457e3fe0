"""Artifacts: uploads of running steps."""
