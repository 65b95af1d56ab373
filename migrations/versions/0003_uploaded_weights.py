"""Add uploaded weights, references to them, and the results of range tests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(length=48)
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "weights",
        sa.Column("id", ID, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("tensors", JSON, nullable=False),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name="fk_weights_blob_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_weights_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_weights"),
    )
    op.create_index("ix_weights_project_id_id", "weights", ["project_id", "id"], unique=False)
    op.add_column("jobs", sa.Column("base_weights_id", ID, nullable=True))
    op.add_column("jobs", sa.Column("range_test", JSON, nullable=True))
    op.create_index("ix_jobs_base_weights_id", "jobs", ["base_weights_id"], unique=False)
    op.add_column("models", sa.Column("base_weights_id", ID, nullable=True))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("models", "base_weights_id")
    op.drop_index("ix_jobs_base_weights_id", "jobs")
    op.drop_column("jobs", "range_test")
    op.drop_column("jobs", "base_weights_id")
    op.drop_index("ix_weights_project_id_id", "weights")
    op.drop_table("weights")
