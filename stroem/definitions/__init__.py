"""Definitions of workflows: frozen attrs classes, one file per kind; references between them."""
