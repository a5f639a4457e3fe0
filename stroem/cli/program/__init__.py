"""The program around a command: group, options, end, shutdown, log."""
