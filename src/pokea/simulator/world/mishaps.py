"""What goes wrong between Safaricom and the caller, on demand (issue 3, "cruelty")."""

from pokea.simulator.world import answer, gate, ids
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.scene import Call, Scene
from pokea.simulator.world.wire import Body, dumps

_INCAPSULA = "Request unsuccessful. Incapsula incident ID: 173000240624511593-8199"
_UNREACHABLE = "Service is currently unreachable. Please try again later."
# The other words for "already registered" (SPEC 4.2; the sandbox says them too, G).
_DUPLICATE = "Duplicate notification info, SP ID is xxxxx, correlator is xxxxxx"
_LOCKED = (
    "Unable to lock subscriber, a transaction is already in process for the current subscriber"
)


# A back end's SOAP fault, rendered as JSON (P:error_soap_fault_as_json__bnjunge-8).
_SOAP: Body = {
    "Envelope": {
        "encodingStyle": "http://schemas.xmlsoap.org/soap/encoding/",
        "Body": {
            "Fault": {
                "faultcode": "soap:Server",
                "faultstring": "Execution of ServiceCallout SC-SearchURL failed. "
                "Reason: ResponseCode 503 is treated as error",
                "faultactor": {},
                "detail": {"source": {"errorcode": "steps.servicecallout.ExecutionFailed"}},
            }
        },
    }
}


def before(scene: Scene, call: Call, plan: Plan, style: gate.BadToken) -> Answer | None:
    """The answer of a Safaricom that did nothing at all."""
    request_id = ids.merchant_request_id(scene.world)
    match plan.sync:
        case "timeout_before":
            lost = answer.html(504, "Gateway Timeout")
            lost.wait_s, lost.cut = scene.world.switches.hang_s, "reset"
            return lost
        case "reset_before":
            return Answer(status=502, body="", cut="reset")
        case "html_503":
            return answer.html(503, _INCAPSULA)
        case "html_500":
            return answer.html(500, "Internal Server Error")
        case "empty_503":
            return Answer(status=503, body="")
        case "json_500":
            text = "Internal Server Error"
            return answer.error(500, "500.001.1001", text, request_id)
        case "json_502":
            return answer.error(502, "500.003.1001", _UNREACHABLE)
        case "json_503":
            return answer.error(503, "500.003.1001", _UNREACHABLE)
        case "fault_429":
            return gate.apigee_429(5)
        case "soap_fault":
            return Answer(status=500, body=dumps(_SOAP))
        case "spike_arrest":
            return gate.spike_arrest()
        case "quota":
            return gate.quota()
        case "busy":
            return answer.error(500, "500.001.1001", _LOCKED, request_id)
        case "system_internal":
            # The code of a repeated id too: only the sentence tells them apart (ODDITIES 15).
            return answer.error(500, "500.002.1001", "System internal error.", request_id)
        case "duplicate_notification":
            return answer.error(500, "500.003.1001", _DUPLICATE, request_id)
        case "token_revoked":
            sent = gate.bearer(call)
            scene.world.tokens.pop(sent, None)
            return gate.bad_token(style, sent, request_id)
        case "none" | "timeout_after" | "reset_after" | "truncate":
            return None


def after(scene: Scene, plan: Plan, good: Answer) -> Answer:
    """The good answer as it reaches the caller, or fails to."""
    good.wait_s += plan.sync_delay_s
    match plan.sync:
        case "timeout_after":
            good.wait_s, good.cut = scene.world.switches.hang_s, "reset"
        case "reset_after":
            good.cut = "reset"
        case "truncate":
            good.cut = "truncate"
        case _:
            pass
    return good
