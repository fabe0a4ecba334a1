"""Imports: how far a file was read, and a key that keeps a moved row from being stored twice.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")
MOVED = ("system_metrics", "performance_benchmarks", "alerts")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.Column("finished_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "fingerprint", name="pk_imports"),
    )
    for table in MOVED:
        op.add_column(table, sa.Column("import_key", sa.String(length=36), nullable=True))
        op.create_index(
            f"uq_{table}_tenant_import_key", table, ["tenant_id", "import_key"], unique=True
        )
