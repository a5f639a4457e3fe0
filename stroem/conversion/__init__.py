"""Plain data to attrs classes and back, with every mistake and its path."""
