"""Subscribers: who they are, and the messages they get."""

from pokea.simulator.world import money
from pokea.simulator.world.model import EAT, Phone, Sms, phone_account
from pokea.simulator.world.plans import is_magic
from pokea.simulator.world.scene import Scene

_INBOX_LIMIT = 50  # the page shows a screenful; a load test must not fill the memory
_FIRST_NAMES = (
    "Achieng",
    "Baraka",
    "Chebet",
    "Dalmas",
    "Esther",
    "Fatuma",
    "Githinji",
    "Halima",
)
_LAST_NAMES = ("Abdi", "Barasa", "Cheruiyot", "Kamau", "Kiprop", "Mutua", "Njeri", "Odhiambo")


def phone_of(scene: Scene, msisdn: str) -> Phone:
    """The subscriber with this number; whoever is first asked for exists from then on."""
    found = scene.world.phones.get(msisdn)
    if found is not None:
        return found
    number = int(msisdn)
    name = f"{_FIRST_NAMES[number % 8]} {_LAST_NAMES[number // 8 % 8]}"
    phone = Phone(msisdn=msisdn, name=name)
    scene.world.phones[msisdn] = phone
    opening = money.MAGIC_OPENING if is_magic(msisdn) else money.OPENING
    money.open_account(scene.world, phone_account(msisdn), opening)
    return phone


def tell(scene: Scene, phone: Phone, english: str, swahili: str) -> None:
    """Put a message in the inbox, in the phone's language."""
    text = english if phone.language == "en" else swahili
    phone.inbox.append(Sms(at=scene.now, text=text))
    del phone.inbox[:-_INBOX_LIMIT]


def sms_moment(scene: Scene) -> str:
    """``24/11/26 at 2:05 PM``, as an M-PESA message writes it."""
    local = scene.now.astimezone(EAT)
    return f"{local.day}/{local.month}/{local:%y} at {local:%I:%M %p}".replace(" at 0", " at ")
