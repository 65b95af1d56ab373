"""Indexes on whatever refers to a blob, the model that a job starts from, and none that is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(length=48)
OWNERS = dict.fromkeys(("datasets", "weights", "checkpoints", "models"), "blob_id") | {"jobs": "weights_blob_id"}
BASE = {"sqlite": "json_extract(spec, '$.init_from.model_id')", "postgresql": "spec #>> '{init_from,model_id}'"}
DANGLING = "model_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM models WHERE models.id = jobs.model_id)"


def upgrade() -> None:
    """Apply."""
    for table, column in OWNERS.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.add_column("jobs", sa.Column("base_model_id", ID, nullable=True))
    op.execute(f"UPDATE jobs SET base_model_id = {BASE[op.get_bind().dialect.name]}")  # noqa: S608 - the constant above
    op.execute(f"UPDATE jobs SET model_id = NULL WHERE {DANGLING}")  # noqa: S608 - the same
    op.create_index("ix_jobs_base_model_id", "jobs", ["base_model_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_jobs_base_model_id", "jobs")
    op.drop_column("jobs", "base_model_id")
    op.drop_index("ix_idempotency_keys_created_at", "idempotency_keys")
    for table, column in OWNERS.items():
        op.drop_index(f"ix_{table}_{column}", table)
