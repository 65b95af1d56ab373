"""Index the metadata and the expiry of data sets, and store resumable uploads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
ID = sa.String(length=48)
EXPIRES = sa.text("expires_at IS NOT NULL")


def upgrade() -> None:
    """Apply the migration."""
    op.create_index(
        "ix_datasets_expires_at", "datasets", ["expires_at"], postgresql_where=EXPIRES, sqlite_where=EXPIRES
    )
    op.create_table(
        "dataset_metadata",
        sa.Column("dataset_id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=512), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name="fk_dataset_metadata_dataset_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "key", name="pk_dataset_metadata"),
    )
    columns = ["project_id", "key", "value", "dataset_id"]
    op.create_index("ix_dataset_metadata_project_id_key_value_dataset_id", "dataset_metadata", columns)
    _create_uploads()


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("request", JSON, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_uploads_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_project_id", "uploads", ["project_id"])
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.create_table(
        "upload_chunks",
        sa.Column("upload_id", ID, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name="fk_upload_chunks_upload_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("upload_id", "start", name="pk_upload_chunks"),
    )


def downgrade() -> None:
    """Revert the migration."""
    for table in ("upload_chunks", "uploads", "dataset_metadata"):
        op.drop_table(table)
    op.drop_index("ix_datasets_expires_at", "datasets")
