"""Carries due work to the flows; replaceable, because the tables are the truth.

:mod:`~pokea.engine.embedded` is one loop for one process on SQLite;
:mod:`~pokea.engine.procrastinate` is Procrastinate on PostgreSQL, for any number of processes.
Both know a :class:`~pokea.flows.ports.Work` and nothing of payments.
"""
