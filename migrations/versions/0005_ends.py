"""How long a job has run over all its attempts; jobs that have ended keep no checkpoints and ask for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ENDED = "('succeeded', 'failed', 'canceled')"


def upgrade() -> None:
    """Apply. The blobs of the checkpoints are swept by the scheduler, as nothing refers to them any more."""
    op.add_column("jobs", sa.Column("ran_seconds", sa.Float(), nullable=False, server_default="0"))
    op.execute(f"DELETE FROM checkpoints WHERE job_id IN (SELECT id FROM jobs WHERE state IN {ENDED})")  # noqa: S608
    op.execute(f"UPDATE jobs SET requested = NULL WHERE requested IS NOT NULL AND state IN {ENDED}")  # noqa: S608


def downgrade() -> None:
    """Take back the column; what was erased stays so."""
    op.drop_column("jobs", "ran_seconds")
