"""Sign-in, and what people see to of their own accounts."""
