"""Diffs of two releases."""
