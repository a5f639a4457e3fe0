"""What operators set, for the server and for workers."""
