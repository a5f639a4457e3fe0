"""Rows that the end of a job writes: tallies, and outcomes for triggers that hear it."""
