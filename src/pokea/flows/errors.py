"""Refusals: requests that were understood and are not carried out.

Nothing was recorded when one is raised; the transaction that raised it rolled back::

    Refusal                 .code .detail .param .related
    ├── NotFound            no such thing for this merchant
    ├── Clashes             the thing's state forbids it, now or for ever
    ├── Unacceptable        the value is well-formed and not allowed
    └── TooOften            later: retry_after_s

    Unavailable             the database did not answer: the same again, later
    NotNow                  a duty could not be done; an operator may read why
"""

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is not carried out. ``code`` is stable; ``detail`` says what to do."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        param: str | None = None,
        related: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.param = param
        self.related = dict(related or {})


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else, which looks the same."""


class Clashes(Refusal):
    """The thing's present state does not allow this."""


class Unacceptable(Refusal):
    """A value is well-formed and not allowed."""


class TooOften(Refusal):
    """Allowed, but not so soon."""

    def __init__(self, code: str, detail: str, *, retry_after_s: int, param: str) -> None:
        super().__init__(code, detail, param=param)
        self.retry_after_s = retry_after_s


class Unavailable(Exception):
    """The database did not answer: send the same again, later; keys make that safe."""


class NotNow(Exception):
    """A duty could not be done this time, or not to its end; it comes round again.

    ``state`` is what the next run goes on from; without it, from where this one began.
    """

    def __init__(self, why: str, state: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.state = state
