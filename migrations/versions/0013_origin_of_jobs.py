"""Add the request and the trace that jobs come from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("jobs", sa.Column("request_id", sa.String(200)))
    op.add_column("jobs", sa.Column("traceparent", sa.String(55)))
    op.add_column("webhook_deliveries", sa.Column("traceparent", sa.String(55)))


def downgrade() -> None:
    """Revert the migration."""
    op.drop_column("webhook_deliveries", "traceparent")
    op.drop_column("jobs", "traceparent")
    op.drop_column("jobs", "request_id")
