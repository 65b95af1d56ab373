"""Store how many slots of its worker a job takes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SEVERAL = sa.text("state = 'queued' AND processes > 1")


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("jobs", sa.Column("processes", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_jobs_parallel", "jobs", ["processes"], postgresql_where=SEVERAL, sqlite_where=SEVERAL)


def downgrade() -> None:
    """Revert the migration."""
    op.drop_index("ix_jobs_parallel", "jobs")
    op.drop_column("jobs", "processes")
