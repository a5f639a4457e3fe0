"""Artifacts of steps: uploads, lists, retention."""
