"""The built-in kinds of steps that the server runs itself."""
