"""Decisions: data in, changes out. No clock, no await, no database."""
