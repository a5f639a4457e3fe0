"""The YAML of Strøm: workflow files to definitions."""
