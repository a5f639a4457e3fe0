"""Summaries of many jobs at once: origins, progress, counts by time, outcomes of tasks."""
