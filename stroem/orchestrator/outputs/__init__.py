"""Outputs that are too large for the row of a step."""
