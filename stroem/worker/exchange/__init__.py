"""The exchange with the server: batches of outcomes and log lines, and claims."""
