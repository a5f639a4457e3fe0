"""Runs of ended jobs again: as a whole, or in part."""
