"""`python -m pokea.cli`, for processes that start one another."""

from pokea.cli.main import app

app()
