"""Add the numeric fingerprints of workers and checkpoints, and an index of queued jobs with a checkpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GOES_ON = sa.text("state = 'queued' AND checkpoint_id IS NOT NULL")
OF_ITS_JOB = "SELECT coalesce(fingerprint, '') FROM jobs WHERE jobs.id = checkpoints.job_id"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("workers", sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""))
    op.execute(f"UPDATE checkpoints SET fingerprint = ({OF_ITS_JOB})")  # noqa: S608 - the constant above
    op.create_index("ix_jobs_going_on", "jobs", ["checkpoint_id"], postgresql_where=GOES_ON, sqlite_where=GOES_ON)


def downgrade() -> None:
    """Revert the migration."""
    op.drop_index("ix_jobs_going_on", "jobs")
    op.drop_column("workers", "fingerprint")
