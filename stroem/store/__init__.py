"""All SQL: connections, migrations, statements."""
