"""Requests to hooks, and the API of their deliveries."""
