"""Store how fast each worker computes, and how much memory each job took."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("jobs", sa.Column("peak_bytes", sa.BigInteger()))
    op.add_column("workers", sa.Column("speed", JSON))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("workers", "speed")
    op.drop_column("jobs", "peak_bytes")
