"""The check of rights before each request, and what lists may show."""
