"""Which programs work with which version of the tables, so that old and new ones can share a database for a while.

And an index, so that parked notices can be counted without reading all that were ever said.
"""

from sqlalchemy import Column, PrimaryKeyConstraint

from core.store.migrations.steps import index, table, works_with
from core.store.types import key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "schema_versions",
        Column("version", key(32), nullable=False),
        Column("oldest_program", key(32), nullable=False),
        PrimaryKeyConstraint("version"),
    )
    index("ix_notices_parked", "notices", "parked_reason")
    works_with(revision, oldest_program="0003")
