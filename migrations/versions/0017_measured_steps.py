"""Add the measured training step of models, which the training report shows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("models", sa.Column("backpropagation", JSON))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("models", "backpropagation")
