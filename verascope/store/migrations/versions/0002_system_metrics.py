"""What the machine monitor samples, beside the brief's columns.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    ("interval_seconds", sa.Float()),
    ("disk_free_bytes", sa.BigInteger()),
    ("network_errors", sa.BigInteger()),
    ("process_cpu_usage", sa.Float()),
    ("process_memory_bytes", sa.BigInteger()),
    ("process_threads", sa.Integer()),
    ("event_loop_lag_ms", sa.Float()),
    ("queue_depth", sa.BigInteger()),
    ("wal_bytes", sa.BigInteger()),
    ("gpu_usage", sa.Float()),
    ("gpu_memory_usage", sa.Float()),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("system_metrics", sa.Column(name, kind, nullable=True))
