"""The loops and verbs that load, ask the engine, and write what it answers."""
