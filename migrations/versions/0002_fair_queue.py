"""Add the index of the fair queue, the time of each job's last claim, and the slots of workers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")
RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("jobs", sa.Column("claimed_at", sa.BigInteger(), nullable=True))
    op.add_column("workers", sa.Column("slots", sa.Integer(), nullable=False, server_default="1"))
    op.drop_index("ix_jobs_state_priority_id", "jobs")
    op.create_index("ix_jobs_claimed_at", "jobs", ["claimed_at"])
    op.create_index(
        "ix_jobs_queued", "jobs", ["priority", "project_id", "id"], postgresql_where=QUEUED, sqlite_where=QUEUED
    )
    op.create_index("ix_jobs_running", "jobs", ["project_id"], postgresql_where=RUNNING, sqlite_where=RUNNING)


def downgrade() -> None:
    """Revert the migration."""
    op.drop_index("ix_jobs_running", "jobs")
    op.drop_index("ix_jobs_queued", "jobs")
    op.drop_index("ix_jobs_claimed_at", "jobs")
    op.create_index("ix_jobs_state_priority_id", "jobs", ["state", "priority", "id"])
    op.drop_column("workers", "slots")
    op.drop_column("jobs", "claimed_at")
