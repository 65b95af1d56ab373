"""Add the results of batches of predictions, and queue by time of creation."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IS_QUEUED = sa.text("state = 'queued'")
QUEUE = ("priority", "project_id", "created_at", "id", "expected_seconds")
OLD_QUEUE = ("priority", "project_id", "id", "expected_seconds")


def upgrade() -> None:
    """Apply the migration."""
    reference = "CONSTRAINT fk_jobs_result_blob_id REFERENCES blobs (id)"  # Alembic cannot add it in SQLite
    op.execute(f"ALTER TABLE jobs ADD COLUMN result_blob_id VARCHAR(48) {reference}")
    op.create_index("ix_jobs_result_blob_id", "jobs", ["result_blob_id"])
    _order_queue(QUEUE)


def downgrade() -> None:
    """Revert the migration."""
    _order_queue(OLD_QUEUE)
    op.execute("DELETE FROM jobs WHERE id LIKE 'bat%'")
    op.drop_index("ix_jobs_result_blob_id", "jobs")
    op.drop_column("jobs", "result_blob_id")


def _order_queue(columns: tuple[str, ...]) -> None:
    op.drop_index("ix_jobs_queued", "jobs")
    op.create_index("ix_jobs_queued", "jobs", list(columns), postgresql_where=IS_QUEUED, sqlite_where=IS_QUEUED)
