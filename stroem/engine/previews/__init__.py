"""Previews of the steps of a plan, without a job, and their order for people. Pure."""
