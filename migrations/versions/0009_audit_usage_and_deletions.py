"""Record who did what and what each project used; delete jobs in the background; show when keys were used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(48)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
NEW_COLUMNS = [
    ("projects", sa.Column("version", sa.BigInteger(), nullable=False, server_default="1")),
    ("projects", sa.Column("retention_days", sa.Integer(), nullable=True)),
    ("api_keys", sa.Column("last_used_at", sa.BigInteger(), nullable=True)),
    ("jobs", sa.Column("cpu_seconds", sa.Float(), nullable=False, server_default="0")),
    ("workers", sa.Column("version", sa.String(), nullable=False, server_default="")),
]


def upgrade() -> None:
    """Apply the migration."""
    for table, column in NEW_COLUMNS:
        op.add_column(table, column)
    op.create_index("ix_api_keys_project_id_id", "api_keys", ["project_id", "id"])
    _create_audit_entries()
    _create_usage()
    op.create_table(
        "deletions",
        sa.Column("id", ID, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("position", ID, nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
    )
    op.create_index("ix_deletions_project_id_id", "deletions", ["project_id", "id"])
    op.create_index("ix_deletions_finished_at", "deletions", ["finished_at"])


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("project_id", ID, nullable=True),
        sa.Column("actor", sa.String(16), nullable=False),
        sa.Column("key_id", ID, nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("resource_id", ID, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(200), nullable=True),
        sa.Column("address", sa.String(64), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_project_id_id", "audit_entries", ["project_id", "id"])
    op.create_index("ix_audit_entries_resource_id_id", "audit_entries", ["resource_id", "id"])


def _create_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(32), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "day", "metric", name="pk_usage"),
    )
    op.create_table(
        "usage_entries",
        sa.Column("source_id", ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(32), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "day", "metric", name="pk_usage_entries"),
    )
    op.create_index("ix_usage_entries_project_id_day", "usage_entries", ["project_id", "day"])


def downgrade() -> None:
    """Revert the migration."""
    for table in ("deletions", "usage_entries", "usage", "audit_entries"):
        op.drop_table(table)
    op.drop_index("ix_api_keys_project_id_id", "api_keys")
    for table, column in reversed(NEW_COLUMNS):
        op.drop_column(table, column.name)
