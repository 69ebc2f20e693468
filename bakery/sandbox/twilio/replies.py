"""What the platform answers to a callback: words of a call, or a text in return."""

import re
from html import unescape

from bakery.sandbox.store import Document
from bakery.sandbox.twilio.messages import (
    MESSAGE,
    make_message,
    press_planned,
    schedule_advance,
)
from bakery.sandbox.world import World

_SAY = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL)
_MESSAGE = re.compile(r"<Message[^>]*>(?:\s*<Body>)?(.*?)(?:</Body>\s*)?</Message>", re.DOTALL)


def take_reply(world: World, delivery: Document, body: str) -> None:
    """Do what the platform answered: speak the TwiML of a call, send the reply to a text."""
    if delivery["type"] in {"call.twiml", "call.digits"}:
        call = world.store.get("twilio.call", delivery["subject"])
        if call is not None:
            words = " ".join(unescape(part.strip()) for part in _SAY.findall(body))
            call |= {"_twiml": body, "_said": f"{call['_said']} {words}".strip()}
            world.store.save("twilio.call", call)
            if delivery["type"] == "call.twiml":
                press_planned(world, call)
    elif delivery["type"] == "message.received":
        for text in _MESSAGE.findall(body):
            _answer(world, delivery["payload"], unescape(text.strip()))


def _answer(world: World, received: dict[str, str], text: str) -> None:
    reply = make_message(
        world, to=received["From"], sender=received["To"], body=text, direction="outbound-reply"
    )
    world.store.save(MESSAGE, reply)
    schedule_advance(world, reply)
