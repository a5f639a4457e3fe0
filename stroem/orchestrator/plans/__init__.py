"""Plans of jobs in memory: cached, with the values of their releases, rendered without blocking."""
