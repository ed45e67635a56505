"""Identifiers in today's formats (SPEC 3.5), from the world's own seeded dice."""

from datetime import datetime

from pokea.simulator.world.model import EAT, Phone, World

_MASK = (1 << 64) - 1
_HEX = "0123456789abcdef"
_UPPER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DAYS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
# A = 2006 makes S = 2024 and U = 2026, as in 58 of the 61 dated payloads.
_YEAR_OF_LETTER_A = 2006


def draw(world: World, sides: int) -> int:
    """One throw of the world's dice: 0 to sides - 1 (splitmix64, whose state is one int)."""
    world.dice = (world.dice + 0x9E3779B97F4A7C15) & _MASK
    mixed = world.dice
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) % sides


def count(world: World) -> int:
    """The next number, never given twice; ids end in it, so they are unique."""
    world.counter += 1
    return world.counter


def text(world: World, alphabet: str, length: int) -> str:
    """Letters drawn from an alphabet."""
    number, base = draw(world, 1 << 63), len(alphabet)
    letters: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, base)
        letters.append(alphabet[rest])
    return "".join(letters)


def merchant_request_id(world: World) -> str:
    """Four hexadecimal groups and a number: ``6e86-45dd-91ac-fd5d4178ab52485825``."""
    groups = text(world, _HEX, 12)
    tail = text(world, _HEX, 12)
    number = count(world)
    return f"{groups[:4]}-{groups[4:8]}-{groups[8:]}-{tail}{number}"


def checkout_request_id(phone: Phone, now: datetime) -> str:
    """``ws_CO_ddmmyyyyHHMMSSmmm`` in Nairobi time, then the phone's nine digits.

    Safaricom's ids have no more than milliseconds, so a second push to one phone in the same
    millisecond takes the next one.
    """
    milliseconds = int(now.timestamp()) * 1000 + now.microsecond // 1000
    phone.last_checkout_ms = max(milliseconds, phone.last_checkout_ms + 1)
    seconds, rest = divmod(phone.last_checkout_ms, 1000)
    local = datetime.fromtimestamp(seconds, EAT)
    return f"ws_CO_{local:%d%m%Y%H%M%S}{rest:03d}{phone.msisdn[3:]}"


def conversation_id(world: World, now: datetime) -> str:
    """``AG_yyyymmdd_`` and twenty hexadecimal digits."""
    tail = f"{text(world, _HEX, 12)}{count(world):08x}"
    return f"AG_{now.astimezone(EAT):%Y%m%d}_{tail}"


def _date_letters(now: datetime) -> str:
    local = now.astimezone(EAT)
    year = chr(ord("A") + (local.year - _YEAR_OF_LETTER_A) % 26)
    return f"{year}{chr(ord('A') + local.month - 1)}{_DAYS[local.day]}"


def receipt(world: World, now: datetime) -> str:
    """Ten capitals and digits: year, month and day letters, then seven; unique for a day.

    The tail walks through all of 36^7 by a step that shares no factor with it, so that no two
    receipts of one world meet before 78 billion of them.
    """
    room = 36**7
    number = (count(world) * 48_271_001_237 + world.seed * 7_919 + 11) % room
    tail = ""
    for _ in range(7):
        number, rest = divmod(number, 36)
        tail = _UPPER[rest] + tail
    return _date_letters(now) + tail


def placeholder_receipt(now: datetime) -> str:
    """The date's letters and zeros, on results that moved no money: ``SB60000000``."""
    return _date_letters(now) + "0000000"


def token(world: World) -> str:
    """28 letters and digits, the length of every token seen."""
    return text(world, _LETTERS, 10) + text(world, _LETTERS, 10) + text(world, _LETTERS, 8)


def eat_digits(now: datetime) -> str:
    """``yyyymmddHHMMSS`` in Nairobi."""
    return f"{now.astimezone(EAT):%Y%m%d%H%M%S}"
