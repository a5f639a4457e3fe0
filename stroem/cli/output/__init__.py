"""Output of commands: tables, logs, reports."""
