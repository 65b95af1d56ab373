"""Add indexes on all references to blobs, the base model of each job, and metadata for search."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
HEADERS = {"sqlite": "json_object('Location', location)", "postgresql": "jsonb_build_object('Location', location)"}
EACH = {"sqlite": "json_each(jobs.metadata) AS each", "postgresql": "jsonb_each_text(jobs.metadata) AS each"}
EXPECTED = {
    "sqlite": "json_extract(estimate, '$.seconds.seconds')",
    "postgresql": "CAST(estimate #>> '{seconds,seconds}' AS DOUBLE PRECISION)",
}
QUEUED = sa.text("state = 'queued'")
ID = sa.String(length=48)
OWNERS = dict.fromkeys(("datasets", "weights", "checkpoints", "models"), "blob_id") | {"jobs": "weights_blob_id"}
BASE = {"sqlite": "json_extract(spec, '$.init_from.model_id')", "postgresql": "spec #>> '{init_from,model_id}'"}
DANGLING = "model_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM models WHERE models.id = jobs.model_id)"


def upgrade() -> None:
    """Apply the migration."""
    dialect = op.get_bind().dialect.name
    for table, column in OWNERS.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.add_column("jobs", sa.Column("base_model_id", ID, nullable=True))
    op.execute(f"UPDATE jobs SET base_model_id = {BASE[dialect]}")  # noqa: S608 - the constant above
    op.execute(f"UPDATE jobs SET model_id = NULL WHERE {DANGLING}")  # noqa: S608 - the same
    op.create_index("ix_jobs_base_model_id", "jobs", ["base_model_id"])
    op.add_column("jobs", sa.Column("expected_seconds", sa.Float(), nullable=True))
    op.execute(f"UPDATE jobs SET expected_seconds = {EXPECTED[dialect]} WHERE finished_at IS NULL")  # noqa: S608
    _index_the_queue("priority", "project_id", "id", "expected_seconds")
    op.add_column("idempotency_keys", sa.Column("headers", JSON, nullable=True))
    op.execute(f"UPDATE idempotency_keys SET headers = {HEADERS[dialect]} WHERE location IS NOT NULL")  # noqa: S608
    op.drop_column("idempotency_keys", "location")
    op.create_table(
        "job_metadata",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=512), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_metadata_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "key", name="pk_job_metadata"),
    )
    pairs = f"SELECT jobs.id, each.key, each.value, jobs.project_id FROM jobs, {EACH[dialect]}"  # noqa: S608 - the same
    op.execute(f"INSERT INTO job_metadata (job_id, key, value, project_id) {pairs}")
    columns = ["project_id", "key", "value", "job_id"]
    op.create_index("ix_job_metadata_project_id_key_value_job_id", "job_metadata", columns)


def downgrade() -> None:
    """Revert the migration."""
    op.drop_table("job_metadata")
    _index_the_queue("priority", "project_id", "id")
    op.drop_column("jobs", "expected_seconds")
    op.add_column("idempotency_keys", sa.Column("location", sa.String(), nullable=True))
    op.drop_column("idempotency_keys", "headers")
    op.drop_index("ix_jobs_base_model_id", "jobs")
    op.drop_column("jobs", "base_model_id")
    op.drop_index("ix_idempotency_keys_created_at", "idempotency_keys")
    for table, column in OWNERS.items():
        op.drop_index(f"ix_{table}_{column}", table)


def _index_the_queue(*columns: str) -> None:
    op.drop_index("ix_jobs_queued", "jobs")
    op.create_index("ix_jobs_queued", "jobs", list(columns), postgresql_where=QUEUED, sqlite_where=QUEUED)
