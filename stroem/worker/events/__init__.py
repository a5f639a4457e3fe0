"""Events of event sources: read from the output of consumers, kept on disk, delivered to the server."""
