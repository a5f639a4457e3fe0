"""SQL of slots: keys with their sizes, lines of owners, and slots that are held."""
