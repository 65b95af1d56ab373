"""Index jobs by state, and index what unfinished jobs need instead of what all jobs ever needed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEEDED = ("dataset_id", "base_model_id", "base_weights_id")
UNFINISHED = "finished_at IS NULL"


def upgrade() -> None:
    """Apply the migration."""
    op.create_index("ix_jobs_project_id_state_id", "jobs", ["project_id", "state", "id"])
    for column in NEEDED:
        name = f"ix_jobs_unfinished_{column}"
        op.create_index(name, "jobs", [column], postgresql_where=sa.text(UNFINISHED), sqlite_where=sa.text(UNFINISHED))
        op.drop_index(f"ix_jobs_{column}", "jobs")


def downgrade() -> None:
    """Revert the migration."""
    for column in NEEDED:
        op.create_index(f"ix_jobs_{column}", "jobs", [column])
        op.drop_index(f"ix_jobs_unfinished_{column}", "jobs")
    op.drop_index("ix_jobs_project_id_state_id", "jobs")
