"""`pokea`: every command, each with an example in its help.

Exit codes: 0 done, 1 it could not be done (one sentence says why), 2 the command was mistyped.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pokea.cli import demo as demo_command
from pokea.cli import first_merchant, notify, serving
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
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


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


def _or_say_why(act: Callable[[], Result]) -> Result:
    try:
        return act()
    except BadSettings as problem:
        typer.echo(f"pokea: {problem}", err=True)
    except OSError as problem:
        typer.echo(f"pokea: {problem.strerror or problem}", err=True)
    sys.exit(1)
