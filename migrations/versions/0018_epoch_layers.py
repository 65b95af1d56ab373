"""Store the layer statistics of epochs as numbers, and the labels of the layers once per job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply the migration. Epochs that were recorded before keep their statistics among the metrics."""
    op.create_table(
        "epoch_layers",
        sa.Column("job_id", sa.String(48), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_epoch_layers_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name="pk_epoch_layers"),
    )
    op.add_column("epochs", sa.Column("layers", JSON))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("epochs", "layers")
    op.drop_table("epoch_layers")
