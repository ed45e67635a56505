"""Alembic's migrations, inside the wheel: `pokea migrate`, or the gateway at its start."""
