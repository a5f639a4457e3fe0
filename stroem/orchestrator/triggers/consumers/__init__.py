"""Consumers of event sources: their jobs, their events, and the events that could not start a job."""
