"""What people write: frozen attrs classes, one file per kind."""
