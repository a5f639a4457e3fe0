"""People who write commits and start jobs, and what they write."""

PEOPLE = {
    "Ada Lovelace": "ada@example.org",
    "Ingrid Solberg": "ingrid@example.org",
    "Tomasz Zieliński": "tomasz@example.org",
    "Mateo Ruiz": "mateo@example.org",
    "Priya Nair": "priya@example.org",
    "Jonas Weber": "jonas@example.org",
}
NAMES = tuple(PEOPLE)


def author(name: str) -> str:
    """A person as git writes it."""
    return f"{name} <{PEOPLE[name]}>"


LATEST = {
    "flows": (41, "Ada Lovelace", "Say goodbye, and good morning", 48),
    "billing": (60, "Ingrid Solberg", "Split invoices by cost centre", 24),
    "web-edge": (27, "Tomasz Zieliński", "Cache headers for /static", 96),
    "warehouse": (213, "Priya Nair", "Drop duplicate order rows", 7),
    "infra": (19, "Jonas Weber", "Sync DNS from inventory", 11),
    "catalog": (88, "Ingrid Solberg", "Reprocess images after imports", 20),
    "data-platform": (77, "Mateo Ruiz", "Compact small files daily", 6),
    "customer-mail": (52, "Priya Nair", "Batches of 800", 24),
    "ml-ranking": (140, "Mateo Ruiz", "Train on 28 days", 24),
    "search-index": (33, "Jonas Weber", "Delta every 15 minutes", 48),
    "finance-close": (14, "Ada Lovelace", "Round half to even", 72),
    "security": (8, "Tomasz Zieliński", "Scan images before publish", 72),
    "lab": (301, "Mateo Ruiz", "Try polars 1.9", 96),
    "partners": (22, "Ingrid Solberg", "SFTP keys by partner", 144),
    "reports": (65, "Priya Nair", "Week numbers as ISO says", 192),
    "support": (17, "Ada Lovelace", "Close stale tickets on Monday", 216),
    "payments": (48, "Jonas Weber", "Idempotency keys for refunds", 288),
    "iot": (12, "Tomasz Zieliński", "Roll firmware by ring", 336),
    "hr": (5, "Ingrid Solberg", "Onboarding accounts", 504),
    "docs": (9, "Ada Lovelace", "Check links nightly", 720),
}
"""Of each workspace the number of its current release, and author, message and age in hours of its commit."""

EARLIER = (
    "Retry after a timeout, not after a wrong password",
    "Fewer threads at night",
    "Name the region in the error",
    "Keep artifacts for two weeks",
    "Use the read replica",
    "Ask before production",
    "Longer timeout for the first load",
    "Log the number of rows",
    "Take the new schema into account",
    "Remove the old endpoint",
    "Cache results of a build",
    "Fix the time zone of the schedule",
)
"""Messages of former commits."""
