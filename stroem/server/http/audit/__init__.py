"""Recording of requests in the audit log."""
