"""Checks of definitions, the same for every dialect: one pass, every problem with its place."""
