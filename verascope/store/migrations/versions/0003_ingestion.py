"""Tags by which predictions can be found, senders and what they dropped, keys that may name clients.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "prediction_tags",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "value", "seq", name="pk_prediction_tags"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "senders",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("first_seen", UTC, nullable=False),
        sa.Column("last_seen", UTC, nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sender", name="pk_senders"),
    )
    op.add_column(
        "api_keys", sa.Column("names_clients", sa.Integer(), server_default="0", nullable=False)
    )
