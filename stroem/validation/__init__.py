"""Checks of definitions, whatever dialect they came from: one pass, every problem with its place."""
