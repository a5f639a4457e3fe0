"""Runs of a job again in part: which of its visits are kept, and why others are not. Pure."""
