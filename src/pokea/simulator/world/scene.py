"""One moment of the world: what a handler may read, change, schedule and send."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pokea.simulator.world import agenda, ids
from pokea.simulator.world.agenda import Due, Event, Post, SendPost
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import App, World
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.wire import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An HTTP request as it reached Safaricom's edge."""

    method: str
    path: str
    query: str = ""
    authorization: str = ""
    content_type: str = ""
    body: bytes = b""
    app_key: str = ""


@dataclass(slots=True)
class Scene:
    """The world at one moment, and the posts that leave it now."""

    world: World
    now: datetime
    unseal: Callable[[str], str] = str
    posts: list[Post] = field(default_factory=list[Post])

    def later(self, seconds: float, event: Event) -> None:
        """Schedule an event."""
        at = self.now + timedelta(seconds=seconds)
        agenda.put(self.world.agenda, Due(at, ids.count(self.world), event))

    def send(self, post: Post, after_s: float = 0.0) -> None:
        """Send a callback, now or later."""
        post.source = self.world.switches.callback_source
        if after_s > 0:
            self.later(after_s, SendPost(post=post))
        else:
            self.posts.append(post)


@dataclass(slots=True)
class Order:
    """An authenticated request for one product, with its parsed body."""

    scene: Scene
    call: Call
    app: App
    body: Body
    request_id: str


OwnPlan = Literal["payer", "payee", "none"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request whose fields are right: what carries it out, and whose phone it concerns.

    ``own`` says whose plan holds beside the rules: a paying phone's (its script, or its magic
    number), a paid phone's magic number, or none.
    """

    go: Callable[[Plan], Answer]
    phone: str = ""
    own: OwnPlan = "none"
