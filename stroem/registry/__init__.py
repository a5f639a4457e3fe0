"""Plugins: finding, loading and making their objects."""
