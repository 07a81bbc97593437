"""Deliveries done with are found by when that was, as they leave the log."""

from alembic import op

revision: str = "0102"
down_revision: str | None = "0101"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_deliveries_done_at"), "deliveries", ["done_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_deliveries_done_at"), table_name="deliveries")
