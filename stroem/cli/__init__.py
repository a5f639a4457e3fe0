"""The program `stroem`: one module per command, loaded when the command is known."""
