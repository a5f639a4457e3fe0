"""Interfaces of types of triggers."""
