"""Add aliases of models."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "aliases",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("project_id", sa.String(48), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("model_id", sa.String(48), nullable=False),
        sa.Column("previous_model_id", sa.String(48)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_aliases_project_id"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_aliases_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_aliases"),
        sa.UniqueConstraint("project_id", "name", name="uq_aliases_project_id_name"),
    )
    op.create_index("ix_aliases_project_id_id", "aliases", ["project_id", "id"])
    op.create_index("ix_aliases_model_id", "aliases", ["model_id"])


def downgrade() -> None:
    """Revert the migration."""
    op.drop_table("aliases")
