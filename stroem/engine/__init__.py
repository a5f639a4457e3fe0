"""Decisions about jobs: which steps start, are skipped, and end. Data in, changes out; no clock, await or database.

`decide` is the entry. It reads a plan (`plan`, `graph`, `nodes`), the state of a job and of its steps (`state`), and
events (`events`); it asks for more with requests (`requests`), and returns changes (`changes`). Inside, operations
(`operations`) are done one after the other on a board of known rows (`board`): tokens arrive (`arrivals`), steps start
(`starts`) and end (`ends`). What events do at first is in `occurrences`. `compile` makes plans, `rendering` and
`inputs` evaluate templates.
"""
