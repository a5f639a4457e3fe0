"""Crontabs as workflow files."""
