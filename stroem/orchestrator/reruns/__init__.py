"""Runs of ended jobs again in part: which of their steps, and what is kept."""
