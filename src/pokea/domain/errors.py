"""The domain's one exception: a bug.

Business outcomes are values (see :mod:`~pokea.domain.decision`); bad input is refused where it
enters. What is left are states that our own code promised could not happen::

    Exception
    └── Bug
"""


class Bug(Exception):
    """Our own code broke a promise: roll back, keep the row as it was, and page someone."""
