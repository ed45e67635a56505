"""``GET /oauth/v1/generate``: Basic authentication for a token of 3600 seconds (SPEC 2)."""

import base64
import binascii
import hmac
from datetime import timedelta
from urllib.parse import parse_qs

from pokea.simulator.world import answer, gate, ids
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import App, Token
from pokea.simulator.world.scene import Call, Scene

_MANY = 64  # tokens before a sweep; a client has a handful


def generate(scene: Scene, call: Call) -> Answer:
    """Mint a token; ``expires_in`` is a string on the wire, one second short of the life."""
    app = _app(scene, call.authorization)
    if app is None:
        return answer.error(400, "400.008.01", "Invalid authentication type passed")
    if parse_qs(call.query).get("grant_type") != ["client_credentials"]:
        return answer.error(400, "400.008.02", "Invalid grant type passed")
    token = _mint(scene, app)
    life = scene.world.switches.token_life_s - 1
    return answer.ok({"access_token": token.value, "expires_in": str(life)})


def _app(scene: Scene, authorization: str) -> App | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    app = scene.world.apps.get(key)
    if app is None or not hmac.compare_digest(app.consumer_secret.encode(), secret.encode()):
        return None
    return app


def _mint(scene: Scene, app: App) -> Token:
    world = scene.world
    if world.switches.reissue_retires_token:
        mine = [
            key for key, old in world.tokens.items() if old.consumer_key == app.consumer_key
        ]
        for value in mine:
            del world.tokens[value]
    if len(world.tokens) > _MANY:
        gate.forget_expired(world, scene.now)
    token = Token(
        value=ids.token(world),
        consumer_key=app.consumer_key,
        expires_at=scene.now + timedelta(seconds=world.switches.token_life_s),
        products=app.products,
    )
    world.tokens[token.value] = token
    return token
