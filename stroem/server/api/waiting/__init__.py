"""Reasons why jobs and steps wait, and forecasts of the end."""
