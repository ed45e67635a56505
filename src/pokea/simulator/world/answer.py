"""What Safaricom answers: status, body, and how badly the answer travels (SPEC 4.1)."""

from dataclasses import dataclass
from typing import Literal

from pokea.simulator.world.wire import Body, Json, dumps

JSON_TYPE = "application/json;charset=UTF-8"
OK = 200


@dataclass(slots=True, kw_only=True)
class Answer:
    """An HTTP answer; ``cut`` and ``wait_s`` are what the network does to it."""

    status: int
    body: str
    content_type: str = JSON_TYPE
    wait_s: float = 0.0
    cut: Literal["", "reset", "truncate"] = ""


def ok(body: Json) -> Answer:
    """HTTP 200 with a JSON body."""
    return Answer(status=OK, body=dumps(body))


def error(status: int, code: str, message: str, request_id: str = "") -> Answer:
    """Daraja's own error envelope."""
    body: Body = {"requestId": request_id, "errorCode": code, "errorMessage": message}
    return Answer(status=status, body=dumps(body))


def invalid(field: str, request_id: str) -> Answer:
    """400.002.02: the field that Safaricom complains of."""
    return error(400, "400.002.02", f"Bad Request - Invalid {field}", request_id)


def fault(status: int, text: str, code: str) -> Answer:
    """The API gateway's (Apigee's) fault envelope, second form of SPEC 4.1."""
    return Answer(
        status=status,
        body=dumps({"fault": {"faultstring": text, "detail": {"errorcode": code}}}),
    )


def html(status: int, text: str) -> Answer:
    """What the web application firewall in front says; not JSON at all."""
    page = f"<html><head><title>{status}</title></head><body>{text}</body></html>"
    return Answer(status=status, body=page, content_type="text/html")
