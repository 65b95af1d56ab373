"""How the file of a data set was read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.add_column("datasets", sa.Column("reading", JSON, nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("datasets", "reading")
