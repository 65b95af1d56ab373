"""Keep the bytes of blobs in object storage, and note which objects are to be deleted there."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration. Blobs that exist stay in the database."""
    op.add_column("blobs", sa.Column("is_object", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "deleted_objects",
        sa.Column("id", sa.String(48), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deleted_objects"),
    )


def downgrade() -> None:
    """Revert the migration. Blobs in object storage can no longer be read."""
    op.drop_table("deleted_objects")
    op.drop_column("blobs", "is_object")
