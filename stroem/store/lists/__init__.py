"""Lists with variable filters, composed with SQLAlchemy; imported at their first use."""
