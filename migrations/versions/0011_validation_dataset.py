"""Record the data set whose rows evaluate a job's network, and index it for unfinished jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEX = "ix_jobs_unfinished_validation_dataset_id"
UNFINISHED = "finished_at IS NULL"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("jobs", sa.Column("validation_dataset_id", sa.String(length=48), nullable=True))
    where = {"postgresql_where": sa.text(UNFINISHED), "sqlite_where": sa.text(UNFINISHED)}
    op.create_index(INDEX, "jobs", ["validation_dataset_id"], **where)


def downgrade() -> None:
    """Revert the migration."""
    op.drop_index(INDEX, "jobs")
    op.drop_column("jobs", "validation_dataset_id")
