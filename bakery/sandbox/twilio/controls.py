"""Controls of the local Twilio: JSON in, JSON out, one function per action."""

from collections import Counter
from typing import Any, get_args

from bakery.sandbox.store import Document
from bakery.sandbox.stripe.controls import plan_fault
from bakery.sandbox.twilio import messages
from bakery.sandbox.twilio.callbacks import forge, press_digits
from bakery.sandbox.world import CallPlan, World


def _add_fault(world: World, given: Document) -> Document:
    world.twilio_faults.add(plan_fault(given))
    return given


def _clear_faults(world: World, _: Document) -> Document:
    world.twilio_faults.clear()
    return {}


def _fail(world: World, given: Document) -> Document:
    """Refuse (21xxx) or lose (30xxx) every message to a number; no code makes it well again."""
    if given.get("code") is None:
        world.sms_rules.error_by_number.pop(given["to"], None)
    else:
        world.sms_rules.error_by_number[given["to"]] = int(given["code"])
    return given


def _auto(world: World, given: Document) -> Document:
    """Whether messages advance by themselves, and how many seconds a step takes."""
    world.sms_rules.auto_advance = bool(given.get("on", True))
    world.sms_rules.step_seconds = float(given.get("seconds", world.sms_rules.step_seconds))
    return given


def _set_status(world: World, given: Document) -> Document:
    message = world.store.get(messages.MESSAGE, given["message"])
    if message is None:
        raise KeyError(given["message"])
    return messages.set_status(world, message, given["status"], error_code=given.get("error_code"))


def _reply(world: World, given: Document) -> Document:
    """Answer a message (by its sid), or write from one number to another."""
    if "message" in given:
        original = world.store.get(messages.MESSAGE, given["message"])
        if original is None:
            raise KeyError(given["message"])
        given = {"from": original["to"], "to": original["from"], "body": given["body"]}
    return messages.receive_reply(world, sender=given["from"], to=given["to"], body=given["body"])


def _press(world: World, given: Document) -> Document:
    """Press digits during a call: posts them to the action of its <Gather>."""
    call = world.store.get(messages.CALL, given["call"])
    if call is None:
        raise KeyError(given["call"])
    pressed = press_digits(world, call, str(given["digits"]))
    if pressed is None:
        msg = "This call asks for no digits."
        raise ValueError(msg)
    return pressed


def _answer(world: World, given: Document) -> Document:
    """Say who takes calls to a number, and what they press; see `CallPlan`."""
    outcome = given.get("outcome", "person")
    if outcome not in get_args(CallPlan.__annotations__["outcome"]):
        msg = f"No such outcome of a call: {outcome}"
        raise ValueError(msg)
    plan = CallPlan(outcome=outcome, digits=str(given.get("digits", "")))
    world.sms_rules.call_by_number[given["to"]] = plan
    return given


def _forge(world: World, given: Document) -> Document:
    """Send a status report of a message that Twilio did not sign."""
    message = world.store.get(messages.MESSAGE, given["message"])
    if message is None:
        raise KeyError(given["message"])
    return forge(world, message, given["status"])


def _count(world: World, _: Document) -> Document:
    """Return what was asked, which faults were committed, and how reports were bent."""
    bent = Counter(
        delivery["rule"] or "plain" for delivery in world.store.all(world.twilio_courier.kind)
    )
    return {
        "requests": dict(world.twilio_requests),
        "faults": dict(world.twilio_faults.committed),
        "callbacks": dict(bent),
    }


def _inbound(world: World, given: Document) -> Document:
    world.sms_rules.inbound_url = given["url"]
    return given


def _deliveries(world: World, _: Document) -> list[Any]:
    return world.store.all(world.twilio_courier.kind)


ACTIONS_BY_NAME = {
    "fault": _add_fault,
    "clear_faults": _clear_faults,
    "fail": _fail,
    "auto": _auto,
    "status": _set_status,
    "reply": _reply,
    "press": _press,
    "answer": _answer,
    "forge": _forge,
    "counts": _count,
    "inbound": _inbound,
    "deliveries": _deliveries,
}
