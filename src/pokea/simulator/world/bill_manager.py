"""Bill Manager: its own envelope, ``rescode`` inside HTTP 200 (SPEC 10.12)."""

from pokea.simulator.world import answer, fields, ids
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT, Biller, Invoice, Movement, Organisation
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.wire import Body, Json, NotJson, dumps, loads, shillings_text

_BULK_MAX = 1000
_ATTEMPTS = 5  # the only product that tries again (SPEC 9)


def _say(code: str, status: str, short: str = "Success") -> Answer:
    return answer.ok({"Status_Message": status, "resmsg": short, "rescode": code, "errors": []})


def _conflict(status: str) -> Answer:
    return _say("409", status, "Conflict")


def handle_optin(order: Order) -> Answer | Accepted:
    """Enrol a shortcode; later calls bring the app_key in a header."""
    shortcode = fields.text(order.body, "shortcode")
    if shortcode in order.scene.world.billers:
        return _conflict("Biller already registered.")
    if shortcode not in order.scene.world.organisations:
        return _say("400", "Invalid shortcode.", "Bad Request")
    return Accepted(lambda _: _opted_in(order, shortcode))


def _opted_in(order: Order, shortcode: str) -> Answer:
    world = order.scene.world
    key = f"AG_{ids.count(world):010d}_{ids.text(world, '0123456789', 9)}"
    url = fields.text(order.body, "callbackurl")
    world.billers[shortcode] = Biller(shortcode=shortcode, app_key=key, callback_url=url)
    return answer.ok({"app_key": key, "resmsg": "Success", "rescode": "200"})


def _biller(order: Order) -> Biller | None:
    billers = order.scene.world.billers.values()
    return next((found for found in billers if found.app_key == order.call.app_key), None)


def _no_key() -> Answer:
    return _say("401", "Invalid app_key.", "Unauthorized")


def handle_change(order: Order) -> Answer | Accepted:
    """Change the opt-in details."""
    biller = _biller(order)
    if biller is None:
        return _no_key()

    def change() -> Answer:
        biller.callback_url = fields.text(order.body, "callbackurl") or biller.callback_url
        return _say("200", "Details updated successfully.")

    return Accepted(lambda _: change())


def handle_single(order: Order) -> Answer | Accepted:
    """One invoice."""
    return _invoices(order, [order.body])


def handle_bulk(order: Order) -> Answer | Accepted:
    """Up to 1000 invoices in an array; the portal's own sample wraps them in an object."""
    return _invoices(order, _rows(order.body))


def _rows(body: Body) -> list[Json]:
    rows = body.get("") if "" in body else next(iter(body.values()), None)
    return rows if isinstance(rows, list) else []


def _invoices(order: Order, rows: list[Json] | list[Body]) -> Answer | Accepted:
    biller = _biller(order)
    if biller is None:
        return _no_key()
    made: dict[str, Invoice] = {}
    for row in rows:
        invoice = _invoice(row) if isinstance(row, dict) else None
        if invoice is None:
            return _say("400", "Invalid invoice.", "Bad Request")
        taken = invoice.external_reference in biller.invoices
        if taken or invoice.external_reference in made:
            return _conflict("Duplicate externalReference.")
        made[invoice.external_reference] = invoice
    if not 0 < len(made) <= _BULK_MAX:
        return _say("400", "Invalid number of invoices.", "Bad Request")

    def send() -> Answer:
        biller.invoices.update(made)
        return answer.ok(
            {
                "Status_Message": "Invoice sent successfully",
                "resmsg": "Success",
                "rescode": "200",
            }
        )

    return Accepted(lambda _: send())


def _invoice(row: Body) -> Invoice | None:
    reference = fields.text(row, "externalReference")
    amount = fields.cents(row, "amount")
    account = fields.text(row, "accountReference")
    if not (reference and amount and account and fields.text(row, "billedPhoneNumber")):
        return None
    name = fields.text(row, "invoiceName")
    return Invoice(external_reference=reference, account=account, name=name, amount=amount)


def handle_cancel_single(order: Order) -> Answer | Accepted:
    """Cancel one unpaid invoice."""
    return _cancel(order, [order.body])


def handle_cancel_bulk(order: Order) -> Answer | Accepted:
    """Cancel several."""
    return _cancel(order, _rows(order.body))


def _cancel(order: Order, rows: list[Json] | list[Body]) -> Answer | Accepted:
    biller = _biller(order)
    if biller is None:
        return _no_key()
    wanted = [
        fields.text(row, "externalReference") if isinstance(row, dict) else "" for row in rows
    ]
    found = [biller.invoices.get(reference) for reference in wanted]
    if not wanted or None in found:
        return _say("404", "Invoice not found.", "Not Found")
    if any(invoice is not None and invoice.paid for invoice in found):
        return _conflict("partially or fully paid invoices cannot be cancelled.")

    def cancel() -> Answer:
        for reference in wanted:
            biller.invoices.pop(reference, None)
        return _say("200", "Invoice cancelled successfuly.")

    return Accepted(lambda _: cancel())


def handle_reconciliation(order: Order) -> Answer | Accepted:
    """The biller acknowledges a payment; Safaricom then sends the customer an e-receipt."""
    if _biller(order) is None:
        return _no_key()
    if not fields.text(order.body, "transactionId"):
        return _say("400", "Invalid transactionId.", "Bad Request")
    return Accepted(lambda _: _say("200", "Reconciliation received."))


def paid(scene: Scene, organisation: Organisation, movement: Movement) -> None:
    """A payment for an invoice's account is pushed to the biller's callback address."""
    biller = scene.world.billers.get(organisation.shortcode)
    if biller is None or not biller.callback_url:
        return
    for invoice in biller.invoices.values():
        if invoice.account == movement.reference and invoice.paid < invoice.amount:
            invoice.paid += movement.amount
            break
    _push(scene, biller, movement, 1)


def _push(scene: Scene, biller: Biller, movement: Movement, attempt: int) -> None:
    body: Body = {
        "transactionId": movement.receipt,
        "paidAmount": shillings_text(movement.amount),
        "msisdn": movement.phone,
        "dateCreated": f"{movement.at.astimezone(EAT):%Y-%m-%d}",
        "accountReference": movement.reference,
        "shortCode": biller.shortcode,
    }
    scene.send(
        Post(
            url=biller.callback_url,
            body=dumps(body),
            purpose="bill_manager",
            shortcode=biller.shortcode,
            reply_to=f"bill {movement.number} {attempt}",
        ),
        # How long it waits between attempts is not published.
        after_s=0 if attempt == 1 else 10.0 * attempt,
    )


def replied(scene: Scene, reference: str, status: int, raw: bytes) -> None:
    """Anything but ``rescode`` 200 is tried again, five times in all."""
    number, _, tried = reference.partition(" ")
    movement = scene.world.movements[int(number) - 1]
    biller = scene.world.billers.get(movement.shortcode)
    attempt = int(tried) + 1
    if biller is None or attempt > _ATTEMPTS or (status == answer.OK and _is_ok(raw)):
        return
    _push(scene, biller, movement, attempt)


def _is_ok(raw: bytes) -> bool:
    try:
        reply = loads(raw)
    except NotJson:
        return False
    return isinstance(reply, dict) and fields.text(reply, "rescode") == "200"
