"""Filters, tests and functions of templates, by type of value."""
