"""Slots of limits: which are needed, requests for them, and what follows from their grants."""
