"""What the tables are made of: names of keys, and whose a row is and goes with."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def texts(*names: str) -> list[Column[str]]:
    return [Column(name, String, nullable=False) for name in names]


def owner_lab(*, primary: bool = False, index: bool = False) -> Column[str]:
    """What belongs to a lab goes with it."""
    owner = ForeignKey("labs.id", ondelete="CASCADE")
    return Column("lab", String, owner, primary_key=primary, index=index, nullable=False)


def owner_candidate() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["session", "candidate"],
        ["candidates.session", "candidates.number"],
        ondelete="CASCADE",
    )
