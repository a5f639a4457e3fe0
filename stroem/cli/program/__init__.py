"""The program: command groups, options, exit codes, errors, shutdown."""
