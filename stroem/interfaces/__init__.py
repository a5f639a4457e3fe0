"""Interfaces that plugins implement: source, runner, push hook, event sink, and their options."""
