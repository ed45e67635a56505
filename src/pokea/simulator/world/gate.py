"""What every call passes before its product sees it: token, traffic limits, JSON (SPEC 4)."""

from datetime import datetime, timedelta
from typing import Literal

from pokea.simulator.world import answer, ids
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT, App, Token, World
from pokea.simulator.world.scene import Call, Scene
from pokea.simulator.world.wire import Body, Json, NotJson, loads

BadToken = Literal["404.001.03", "401.002.01", "400.003.01", "401.001", "401"]


def bad_token(style: BadToken, sent: str, request_id: str) -> Answer:
    """An invalid token has a different face on every product (SPEC 13.3, ODDITIES 24)."""
    match style:
        case "404.001.03":
            return answer.error(404, style, "Invalid Access Token", request_id)
        case "401.002.01":
            # Yes, it echoes the token.
            text = f"Error Occurred - Invalid Access Token - {sent}"
            return answer.error(401, style, text, request_id)
        case "400.003.01":
            return answer.error(400, style, "Invalid Access Token", request_id)
        case "401.001":
            return answer.error(401, style, "Invalid Access Token", request_id)
        case "401":
            text = "Unauthorized - Invalid Access Token"
            return answer.error(401, style, text, request_id)


def bearer(call: Call) -> str:
    """The token that was sent, or empty."""
    scheme, _, value = call.authorization.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def token_of(scene: Scene, call: Call) -> Token | None:
    """The live token of a call."""
    token = scene.world.tokens.get(bearer(call))
    if token is None or token.expires_at <= scene.now:
        return None
    return token


def admit(scene: Scene, call: Call, product: str, style: BadToken) -> App | Answer:
    """The app behind a call, or the answer that refuses it."""
    request_id = ids.merchant_request_id(scene.world)
    if not bearer(call):
        return answer.error(404, "404.001.04", "Invalid Authentication Header", request_id)
    token = token_of(scene, call)
    if token is None:
        return bad_token(style, bearer(call), request_id)
    if product not in _provisioned(scene, token):
        # Pull and Pochi answer so to a valid token without the product (PS, NM).
        if style == "401.001" or product == "b2pochi":
            return bad_token(style, bearer(call), request_id)
        text = "Error Occurred - Invalid API call as no apiproduct match found"
        return answer.error(401, "401.003.01", text, request_id)
    busy = over_limit(scene, token.consumer_key, product)
    return busy or scene.world.apps[token.consumer_key]


def _provisioned(scene: Scene, token: Token) -> frozenset[str]:
    """Nobody has published the data offers, so nobody has them until a switch says so."""
    if scene.world.switches.data_offers:
        return token.products
    return token.products - {"data_offers"}


def over_limit(scene: Scene, consumer_key: str, product: str) -> Answer | None:
    """Spike arrest, STK query budget and daily quota; all off until switched on."""
    switches, traffic = scene.world.switches, scene.world.traffic
    if switches.quota_per_day:
        today = f"{scene.now.astimezone(EAT):%Y%m%d}"
        if traffic.day != today:
            traffic.day, traffic.today = today, 0
        traffic.today += 1
        if traffic.today > switches.quota_per_day:
            return quota()
    if switches.query_per_minute and product == "stk_query":
        allowed = switches.query_per_minute
        if _too_many(scene, f"{consumer_key} {product}", allowed, 60.0):
            return apigee_429(allowed)
    if switches.spike_arrest_per_s and _too_many(
        scene, consumer_key, switches.spike_arrest_per_s, 1.0
    ):
        return spike_arrest()
    return None


def _too_many(scene: Scene, key: str, allowed: int, window_s: float) -> bool:
    since = scene.now - timedelta(seconds=window_s)
    recent = [at for at in scene.world.traffic.recent.get(key, []) if at > since]
    full = len(recent) >= allowed
    if not full:
        recent.append(scene.now)
    scene.world.traffic.recent[key] = recent
    return full


def spike_arrest() -> Answer:
    """The documented form (SPEC 4.2)."""
    return answer.error(500, "500.003.02", "Error Occurred: Spike Arrest Violation")


def quota() -> Answer:
    """The documented quota refusal (SPEC 4.2)."""
    return answer.error(500, "500.003.03", "Error Occurred: Quota Violation")


def apigee_429(per_minute: int) -> Answer:
    """The form seen live on the STK query (P:stk_query_429_spike_arrest_2026)."""
    rate = (
        f"MessageRate{{messagesPerPeriod={per_minute}, periodInMicroseconds=60000000, "
        "maxBurstMessageCount=1.0}"
    )
    text = f"Spike arrest violation. Allowed rate : {rate}"
    return answer.fault(429, text, "policies.ratelimit.SpikeArrestViolation")


def parse(call: Call, request_id: str) -> Json | Answer:
    """The JSON body. Without its Content-Type Safaricom sees an empty one (SPEC 1)."""
    if call.content_type.partition(";")[0].strip().lower() != "application/json":
        return {}
    if not call.body.strip():
        return {}
    try:
        return loads(call.body)
    except NotJson:
        return bad_payload(request_id)


def bad_payload(request_id: str) -> Answer:
    """Not JSON, or not an object."""
    return answer.error(400, "400.002.05", "Invalid Request Payload", request_id)


def forget_expired(world: World, now: datetime) -> None:
    """Drop dead tokens, so that years of virtual time do not pile them up."""
    for value in [key for key, token in world.tokens.items() if token.expires_at <= now]:
        del world.tokens[value]


def an_object(value: Json) -> Body:
    """The body as an object; a list or a scalar has no fields."""
    return value if isinstance(value, dict) else {}
