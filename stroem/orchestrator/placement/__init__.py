"""Placement: which ready steps a worker may get."""
