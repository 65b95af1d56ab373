"""Add the running time over all attempts; delete checkpoints and requested actions of jobs that have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ENDED = "('succeeded', 'failed', 'canceled')"


def upgrade() -> None:
    """Apply the migration. The scheduler deletes the blobs of the checkpoints, which have no references any more."""
    op.add_column("jobs", sa.Column("ran_seconds", sa.Float(), nullable=False, server_default="0"))
    op.execute(f"DELETE FROM checkpoints WHERE job_id IN (SELECT id FROM jobs WHERE state IN {ENDED})")  # noqa: S608
    op.execute(f"UPDATE jobs SET requested = NULL WHERE requested IS NOT NULL AND state IN {ENDED}")  # noqa: S608


def downgrade() -> None:
    """Drop the column; deleted rows are not restored."""
    op.drop_column("jobs", "ran_seconds")
