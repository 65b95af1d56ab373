"""Add learning curves of jobs, whose points are jobs that learn from parts of the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "learning_curves",
        sa.Column("job_id", sa.String(48), nullable=False),
        sa.Column("project_id", sa.String(48), nullable=False),
        sa.Column("metric", sa.String(32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_learning_curves_job_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_learning_curves_project_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_learning_curves"),
    )
    op.add_column("jobs", sa.Column("learning_curve_of", sa.String(48)))
    is_part = sa.text("learning_curve_of IS NOT NULL")
    op.create_index(
        "ix_jobs_learning_curve_of", "jobs", ["learning_curve_of"], postgresql_where=is_part, sqlite_where=is_part
    )


def downgrade() -> None:
    """Revert the migration."""
    op.drop_index("ix_jobs_learning_curve_of", "jobs")
    op.drop_column("jobs", "learning_curve_of")
    op.drop_table("learning_curves")
