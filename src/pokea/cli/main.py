"""`pokea`: every command, each with an example in its help.

Exit codes: 0 done, 1 it could not be done (one sentence says why), 2 the command was mistyped.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pokea.cli import asking, first_merchant, ledger, notify, opening, reconciling, serving
from pokea.cli import demo as demo_command
from pokea.cli import doctor as doctor_command
from pokea.cli import register_urls as urls_command
from pokea.domain.notice import NoticeState
from pokea.domain.statement import StatementAccount
from pokea.flows.errors import Refusal, Unavailable
from pokea.settings import BadSettings, read_settings
from pokea.simulator import serve as simulator_server
from pokea.wiring import open_database

app = typer.Typer(
    name="pokea",
    help="A self-hosted M-PESA gateway. Start with: pokea demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Result = TypeVar("Result")
Port = Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Wait = Annotated[int, typer.Option(help="How many seconds to wait for the answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


class WhenUnreachable(StrEnum):
    """What Safaricom does with a payment when nobody answers its validation."""

    COMPLETE = "complete"
    CANCEL = "cancel"


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The gateway's port; the others follow it.")] = 4000,
    data_dir: Annotated[Path, typer.Option(help="Where payments and orders are kept.")] = Path(
        "pokea-demo"
    ),
    as_json: AsJson = False,
    no_browser: Annotated[
        bool, typer.Option(help="Do not open the shop in a browser.")
    ] = False,
) -> None:
    """Gateway, simulator, demo shop and phone on this machine; no Safaricom account needed.

    Example: pokea demo --port 5000
    """
    _or_say_why(
        lambda: demo_command.run(
            port=port, data_dir=data_dir, as_json=as_json, browser=not no_browser
        )
    )


@app.command()
def serve(
    port: Port = 4000,
    host: Host = "127.0.0.1",
    no_worker: Annotated[
        bool, typer.Option(help="Only answer; leave the work to `pokea worker` (PostgreSQL).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The gateway: API, callbacks, checkout and, unless told otherwise, its work.

    Example: pokea serve --port 4000
    """
    _or_say_why(
        lambda: serving.serve(
            read_settings(), port=port, host=host, worker=not no_worker, as_json=as_json
        )
    )


@app.command()
def worker() -> None:
    """Do due work beside `pokea serve --no-worker`; start as many as you like (PostgreSQL).

    Example: DATABASE_URL=postgresql://… pokea worker
    """
    _or_say_why(lambda: serving.work(read_settings()))


@app.command()
def simulator(
    port: Port = 4001,
    host: Host = "127.0.0.1",
    data_file: Annotated[
        Path | None, typer.Option(help="Keep the world's phones and money here.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Make its choices repeatable.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write the exchange here, as a test case to replay.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A pretend Safaricom with phones in the browser, for any M-PESA client in any language.

    Example: pokea simulator --port 4001
    """
    _or_say_why(
        lambda: simulator_server.run(
            port, host=host, data_file=data_file, seed=seed, as_json=as_json, record=record
        )
    )


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; `pokea serve` does it at its start too.

    Example: DATABASE_URL=postgresql://… pokea migrate
    """
    _or_say_why(lambda: open_database(read_settings()).close())
    typer.echo("The database is at this version's schema.")


@app.command()
def init(
    name: Annotated[str, typer.Option(help="The merchant's name.")] = "Your shop",
    as_json: AsJson = False,
) -> None:
    """Make the first merchant and an API key, which is shown this once.

    Example: pokea init --name "Duka la Wanjiku"
    """
    made = _or_say_why(lambda: first_merchant.make(read_settings(), name))
    typer.echo(first_merchant.as_text(made, as_json=as_json))


@app.command("register-urls")
def register_urls(
    v1: Annotated[
        bool, typer.Option("--v1", help="Version 1 of the API: phone numbers come hashed.")
    ] = False,
    when_unreachable: Annotated[
        WhenUnreachable,
        typer.Option(help="What becomes of a payment when our validation does not answer."),
    ] = WhenUnreachable.COMPLETE,
    pull: Annotated[
        str | None,
        typer.Option(
            metavar="PHONE", help="Register for Pull as well; the phone is Safaricom's contact."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell Safaricom where to announce payments made by hand; in production this works once.

    Example: pokea register-urls --when-unreachable complete
    """
    told = _or_say_why(
        lambda: urls_command.run(
            read_settings(),
            version=1 if v1 else 2,
            complete_when_unreachable=when_unreachable is WhenUnreachable.COMPLETE,
            pull_phone=pull,
        )
    )
    typer.echo(urls_command.as_text(told, as_json=as_json))


@app.command()
def balance(
    ask: Annotated[bool, typer.Option("--ask", help="Ask M-PESA now, and wait.")] = False,
    wait: Wait = 180,
    as_json: AsJson = False,
) -> None:
    """What M-PESA says that the shortcode's accounts hold, beside the books.

    Example: pokea balance --ask
    """
    told = _or_say_why(lambda: asking.balance(read_settings(), ask=ask, wait_s=wait))
    typer.echo(asking.as_json(told) if as_json else asking.balance_text(told))


@app.command()
def status(
    receipt: Annotated[str, typer.Argument(help="M-PESA's code, such as NLJ7RT61SV.")],
    wait: Wait = 180,
    as_json: AsJson = False,
) -> None:
    """What became of a receipt: M-PESA is asked, and the answer counts as a witness.

    Example: pokea status NLJ7RT61SV
    """
    told = _or_say_why(lambda: asking.status(read_settings(), receipt, wait_s=wait))
    typer.echo(asking.as_json(told) if as_json else asking.status_text(told))


notices = typer.Typer(
    name="notify", help="Receipts and alerts by SMS and e-mail.", no_args_is_help=True
)
app.add_typer(notices)


@notices.command("test")
def notify_test(
    phone: Annotated[
        str | None, typer.Option(help="Send a test to this customer's phone instead.")
    ] = None,
    email: Annotated[
        str | None, typer.Option(help="Send a test to this customer's mailbox instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test message to every operator of POKEA_NOTIFY_OPERATORS, or to one customer.

    Example: pokea notify test --phone 0712345678
    """
    results = _or_say_why(lambda: notify.test(read_settings(), phone=phone, email=email))
    typer.echo(notify.as_text(results, as_json=as_json))
    if not all(result.taken for result in results):
        sys.exit(1)


@notices.command("list")
def notify_list(
    state: Annotated[
        NoticeState | None, typer.Option(help="Only these, for instance `unsure`.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest receipts and alerts with what became of them; works beside a running gateway.

    Example: pokea notify list --state unsure
    """
    found = _or_say_why(lambda: notify.recent(read_settings(), state=state, limit=limit))
    typer.echo(notify.notices_as_text(found, as_json=as_json))


statements = typer.Typer(
    name="statement", help="M-PESA's own list of what moved.", no_args_is_help=True
)
app.add_typer(statements)


@statements.command("import")
def statement_import(
    file: Annotated[
        Path,
        typer.Argument(help="The organisation portal's export: CSV, Excel or OpenDocument."),
    ],
    account: Annotated[
        StatementAccount | None,
        typer.Option(help="Which account it shows, for a file that does not say."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who imports it; else the machine's user.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compare a statement with the books: what agrees, what is missing on either side.

    Example: pokea statement import 174379-2026-11-23.csv
    """
    report = _or_say_why(
        lambda: reconciling.import_file(
            read_settings(), file, account=account, by=by, quiet=as_json
        )
    )
    typer.echo(reconciling.import_as_text(report, as_json=as_json))


@statements.command("resolve")
def statement_resolve(
    item: Annotated[str, typer.Argument(help="A break: brk_…")],
    note: Annotated[str, typer.Option(help="What it was.")],
    adjust_books: Annotated[
        bool, typer.Option("--adjust-books", help="Let the books follow the statement.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who you are; else the machine's user.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what a break was, so that its day can be closed.

    Example: pokea statement resolve brk_01JZ8X… --note "paid by the portal, voucher 77"
    """
    said = reconciling.Resolution(break_id=item, note=note, adjust_books=adjust_books)
    done = _or_say_why(lambda: reconciling.resolve(read_settings(), said, by=by))
    typer.echo(reconciling.break_as_text(done, as_json=as_json))


@app.command()
def reconcile(
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="In Nairobi; yesterday when left out."),
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Close the day, if nothing stands against it.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who closes it; else the machine's user.")] = "",
    as_json: AsJson = False,
) -> None:
    """A day's figures beside M-PESA's, its open breaks, and what stands against closing it.

    Example: pokea reconcile --day 2026-11-23 --close
    """
    report = _or_say_why(
        lambda: reconciling.look(
            read_settings(), day.date() if day else None, close=close, by=by
        )
    )
    typer.echo(reconciling.day_as_text(report, as_json=as_json))
    if close and report.figures.closed is None:
        sys.exit(1)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at everything that must be true: database, keys, and every invariant of the books.

    Works beside a running gateway. Ends with 1 when anything is wrong; while the books are
    damaged, no new payment is opened.

    Example: pokea doctor --json
    """
    if not _or_say_why(lambda: doctor_command.run(read_settings(), as_json=as_json)):
        sys.exit(1)


books = typer.Typer(help="The journal, for an accountant.", no_args_is_help=True)
app.add_typer(books, name="ledger")


@books.command("export")
def ledger_export(
    form: Annotated[
        ledger.Form, typer.Option("--format", help="A line a posting, or a journal a line.")
    ] = ledger.Form.CSV,
    since: Annotated[
        str | None, typer.Option(help="From this day in Kenya, or this time, on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Up to this day or time, which is left out.")
    ] = None,
) -> None:
    """Write the journal of a period to standard output, oldest first.

    Example: pokea ledger export --since 2026-01-01 --until 2026-02-01 > january.csv
    """
    count = _or_say_why(
        lambda: ledger.export(read_settings(), sys.stdout, form=form, since=since, until=until)
    )
    typer.echo(f"{count} journals", err=True)


@books.command("open")
def ledger_open(
    amount: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCOUNT=SHILLINGS", help="utility=1500.00; may stand repeatedly."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Post it; else it is only shown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Post what M-PESA's accounts held before the first payment, once for each account.

    Example: pokea ledger open --yes
    """
    told = _or_say_why(lambda: opening.run(read_settings(), amount or (), post=yes))
    typer.echo(opening.as_text(told, as_json=as_json))


def _or_say_why(act: Callable[[], Result]) -> Result:
    try:
        return act()
    except BadSettings as problem:
        typer.echo(f"pokea: {problem}", err=True)
    except Refusal as problem:
        typer.echo(f"pokea: {problem.detail}", err=True)
    except Unavailable:
        typer.echo("pokea: The database does not answer. Look at it, then try again.", err=True)
    except OSError as problem:
        typer.echo(f"pokea: {problem.strerror or problem}", err=True)
    sys.exit(1)
