"""Output of commands: tables, logs, reports, errors and exit codes."""
