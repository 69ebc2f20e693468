"""Controls of the mail sink."""

from bakery.sandbox.mail.sink import MAIL
from bakery.sandbox.store import Document
from bakery.sandbox.world import World


def _refuse(world: World, given: Document) -> Document:
    """Answer recipients that contain `text` with `code`, such as 550, 451 or 421."""
    code, reason = int(given["code"]), str(given.get("reason", "Refused on command"))
    world.mail_rules.by_text[str(given["text"]).lower()] = (code, reason)
    return given


def _accept(world: World, _: Document) -> Document:
    world.mail_rules.by_text.clear()
    return {}


def _clear(world: World, _: Document) -> Document:
    for mail in world.store.all(MAIL):
        world.store.delete(MAIL, mail["id"])
    return {}


ACTIONS_BY_NAME = {"refuse": _refuse, "accept": _accept, "clear": _clear}
