"""Settings of servers and workers."""
