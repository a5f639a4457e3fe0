"""The tables that queries are composed over; the migrations make them, a test holds the two together."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("workspace", sa.Text, nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("source_type", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text),
    sa.Column("source_job_id", sa.Uuid),
    sa.Column("release_id", sa.BigInteger),
    sa.Column("revision", sa.Text),
    sa.Column("files", sa.Text),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("raw_input", sa.JSON),
    sa.Column("input", sa.JSON),
    sa.Column("output", sa.JSON),
    sa.Column("error", sa.Text),
    sa.Column("steps_open", sa.Integer, nullable=False),
    sa.Column("steps_failed", sa.Integer, nullable=False),
    sa.Column("log_lines", sa.BigInteger, nullable=False),
    sa.Column("cancel_reason", sa.Text),
    sa.Column("deadline_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("started_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("completed_at", sa.TIMESTAMP(timezone=True)),
)

job_steps = sa.Table(
    "job_steps",
    metadata,
    sa.Column("job_id", sa.Uuid, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("unmet", sa.Integer, nullable=False),
    sa.Column("broken", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("ability", sa.Text, nullable=False),
    sa.Column("tags", ARRAY(sa.Text), nullable=False),
    sa.Column("timeout_secs", sa.Integer),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("ready_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("started_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("deadline_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("completed_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("input", sa.JSON),
    sa.Column("output", sa.JSON),
    sa.Column("error", sa.Text),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("capabilities", ARRAY(sa.Text), nullable=False),
    sa.Column("tags", ARRAY(sa.Text), nullable=False),
    sa.Column("exclusive", sa.Boolean, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("registered_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("heartbeat_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("lease_until", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("last_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("workspace", sa.Text),
    sa.Column("library", sa.Text),
    sa.Column("revision", sa.Text),
    sa.Column("release", sa.Integer),
    sa.Column("cause", sa.Text),
    sa.Column("by", sa.Text),
    sa.Column("origin", sa.Text),
    sa.Column("data", JSONB, nullable=False),
)
