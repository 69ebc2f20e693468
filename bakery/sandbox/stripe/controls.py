"""Controls of the local Stripe: JSON in, JSON out, one function per action."""

from collections.abc import Callable
from typing import Any

from bakery.sandbox.faults import FAULT_KINDS, Fault
from bakery.sandbox.outbound import ACTIONS, Courier, DeliveryRule
from bakery.sandbox.store import Document
from bakery.sandbox.stripe import checkout, disputes, events, paying, refunds
from bakery.sandbox.stripe.errors import invalid
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

Action = Callable[[World, Document], Any]


def plan_fault(given: Document) -> Fault:
    """Read a fault from JSON; unknown fields and kinds are refused."""
    if given.get("kind") not in FAULT_KINDS:
        raise invalid(f"kind must be one of {', '.join(FAULT_KINDS)}.", param="kind")
    try:
        return Fault(**given)
    except TypeError as error:
        raise invalid(str(error), param="kind") from None


def plan_rule(courier: Courier, given: Document) -> Document:
    """Add a delivery rule from JSON; unknown fields and actions are refused."""
    if given.get("action") not in ACTIONS:
        raise invalid(f"action must be one of {', '.join(ACTIONS)}.", param="action")
    try:
        rule = DeliveryRule(**given)
    except TypeError as error:
        raise invalid(str(error), param="action") from None
    courier.rules.append(rule)
    return given


def _add_fault(world: World, given: Document) -> Document:
    world.stripe_faults.add(plan_fault(given))
    return given


def _clear_faults(world: World, _: Document) -> Document:
    world.stripe_faults.clear()
    return {}


def _deliveries(world: World, _: Document) -> list[Document]:
    return world.store.all(world.stripe_courier.kind)


def _set_webhook(world: World, given: Document) -> Document:
    secrets = given.get("secrets") or list(world.config.stripe_webhook_secrets)
    events.set_configured_endpoint(world, url=given["url"], secrets=secrets)
    return {"url": given["url"], "secrets": secrets}


def _rotate_secret(world: World, given: Document) -> Document:
    """Sign with a new secret, and with the old ones beside it while `keep_old`."""
    stored = require(world, "webhook_secret", given.get("endpoint", events.CONFIGURED_ENDPOINT))
    new = given.get("secret") or events.make_secret()
    stored["secrets"] = [new, *stored["secrets"]] if given.get("keep_old", True) else [new]
    world.store.save("webhook_secret", stored)
    return {"secrets": stored["secrets"]}


def _set_api_keys(world: World, given: Document) -> Document:
    world.store.save("settings", {"id": "stripe_api_keys", "keys": list(given["keys"])})
    return {"keys": len(given["keys"])}


def _charge_of(world: World, given: Document) -> str:
    key = str(given.get("charge") or given.get("payment_intent") or given.get("session") or "")
    if key.startswith("cs_"):
        key = str(require(world, checkout.KIND, key, param="session")["payment_intent"] or "")
    if key.startswith("pi_"):
        key = str(require(world, "payment_intent", key)["latest_charge"] or "")
    return str(require(world, "charge", key, param="charge")["id"])


def _open_dispute(world: World, given: Document) -> Document:
    return disputes.open_dispute(
        world,
        _charge_of(world, given),
        reason=given.get("reason", "fraudulent"),
        amount=given.get("amount"),
        inquiry=bool(given.get("inquiry", False)),
    )


def _send_event(world: World, given: Document) -> Document:
    """Send an event once more; a type of your own with any object makes a new one."""
    if "event" in given:
        event = require(world, "event", given["event"])
        for endpoint in world.store.all("webhook_endpoint"):
            for _ in range(int(given.get("copies", 1))):
                world.stripe_courier.enqueue(
                    url=endpoint["url"],
                    subject=event["id"],
                    kind=event["type"],
                    payload={"endpoint": endpoint["id"]},
                )
        return event
    return events.emit(world, given["type"], given["object"])


def _retry_gaps(world: World, given: Document) -> Document:
    world.stripe_courier.retry_gaps_s = [float(gap) for gap in given["seconds"]]
    return given


ACTIONS_BY_NAME: dict[str, Action] = {
    "fault": _add_fault,
    "clear_faults": _clear_faults,
    "deliveries": _deliveries,
    "webhook": _set_webhook,
    "rotate_secret": _rotate_secret,
    "api_keys": _set_api_keys,
    "retry_gaps": _retry_gaps,
    "send_event": _send_event,
    "change_amount": lambda world, given: checkout.change_amount(
        world, given["session"], amount=int(given["amount"])
    ),
    "expire": lambda world, given: checkout.expire_session(world, given["session"]),
    "settle": lambda world, given: paying.settle_session(
        world, given["session"], succeeds=bool(given.get("succeeds", True))
    ),
    "settle_refund": lambda world, given: refunds.settle_refund(
        world, given["refund"], succeeds=bool(given.get("succeeds", True))
    ),
    "dispute": _open_dispute,
    "decide_dispute": lambda world, given: disputes.decide_dispute(
        world, given["dispute"], verdict=given["verdict"]
    ),
    "fraud_warning": lambda world, given: disputes.warn_of_fraud(world, _charge_of(world, given)),
}
