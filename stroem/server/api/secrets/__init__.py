"""Routes of secrets that the server keeps."""
