"""Triggers: their rows, fires and debounces."""
