"""Add the output layers of models as they were trained, without the units of the target."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("models", sa.Column("output_layers", sa.LargeBinary()))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("models", "output_layers")
