"""Text to definitions, with the place of every mistake; definitions to JSON Schema."""
