"""What the page shows, put together from everything that happened."""

import re
from typing import Any

from bakery.sandbox.mail.sink import MAIL
from bakery.sandbox.outbound import Courier
from bakery.sandbox.rendering import format_money
from bakery.sandbox.store import Document
from bakery.sandbox.twilio import messages
from bakery.sandbox.world import World

_TAG = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
_SHOWN = 40
_SHOWN_TEXTS = 200


def summarize(world: World) -> Document:
    """Return the state of the page: newest first, a bounded number of each."""
    store = world.store
    return {
        "version": store.version,
        "clock": {"now": world.clock.now(), "offset": world.clock.offset},
        "payments": [_payment(world, s) for s in store.latest("checkout.session", _SHOWN)],
        "phones": _phones(world),
        "mails": [_mail(mail) for mail in store.latest(MAIL, _SHOWN)],
        "deliveries": _deliveries(world),
        "controls": {
            "stripe": _controls(world.stripe_courier) | _faults(world.stripe_faults.faults),
            "twilio": _controls(world.twilio_courier) | _faults(world.twilio_faults.faults),
            "phone": {
                "refusals": [
                    f"{number}: {code}" for number, code in world.sms_rules.error_by_number.items()
                ]
            },
            "mail": {
                "refusals": [
                    f"{text}: {code}" for text, (code, _) in world.mail_rules.by_text.items()
                ]
            },
        },
    }


def _payment(world: World, session: Document) -> Document:
    store = world.store
    intent = store.get("payment_intent", session["payment_intent"] or "") or {}
    charge = store.get("charge", intent.get("latest_charge") or "")
    details = store.get("session_details", session["id"]) or {"items": []}
    charge_id = charge["id"] if charge else None
    contact = session["customer_details"] or {}
    return {
        "id": session["id"],
        "reference": (session.get("metadata") or {}).get("order")
        or session["client_reference_id"]
        or session["id"][:20],
        "email": contact.get("email") or session["customer_email"] or "",
        "amount": format_money(session["amount_total"], session["currency"]),
        "items": [f"{item['quantity']} x {item['description']}" for item in details["items"]],
        "at": session["created"],
        "expires_at": session["expires_at"],
        "state": _state(session, intent, charge),
        "pay_url": session["url"],
        "error": (intent.get("last_payment_error") or {}).get("message", ""),
        "charge": charge_id,
        "can_dispute": bool(charge and charge["paid"] and not charge["disputed"]),
        "refunds": _attached(world, "refund", charge_id),
        "disputes": _attached(world, "dispute", charge_id),
    }


def _state(session: Document, intent: Document, charge: Document | None) -> str:
    if session["status"] != "complete":
        return str(session["status"])
    if charge is not None and charge["disputed"]:
        return "disputed"
    if charge is not None and charge["refunded"]:
        return "refunded"
    if intent.get("status") == "processing":
        return "processing"
    return "failed" if session["payment_status"] == "unpaid" else "paid"


def _attached(world: World, kind: str, charge_id: str | None) -> list[Document]:
    if charge_id is None:
        return []
    return [
        {
            "id": found["id"],
            "amount": format_money(found["amount"], found["currency"]),
            "status": found["status"],
            "reason": found["reason"] or "",
        }
        for found in world.store.all(kind)
        if found["charge"] == charge_id
    ]


def _phones(world: World) -> list[Document]:
    """Return one thread per outside number, the latest to change first."""
    phones: dict[str, list[Document]] = {}
    for text in reversed(world.store.latest(messages.MESSAGE, _SHOWN_TEXTS)):
        inbound = text["direction"] == "inbound"
        number = text["from" if inbound else "to"]
        phones.setdefault(number, []).append(
            {
                "id": text["sid"],
                "kind": "text",
                "mine": inbound,
                "other": text["to" if inbound else "from"],
                "body": text["body"],
                "status": text["status"],
                "error": text["error_code"],
                "at": text["_at"],
            }
        )
    for call in reversed(world.store.latest(messages.CALL, _SHOWN)):
        phones.setdefault(call["to"], []).append(_call(call))
    threads = [
        {
            "number": number,
            "stopped": world.store.get(messages.OPT_OUT, number) is not None,
            "entries": sorted(entries, key=lambda entry: float(entry["at"])),
        }
        for number, entries in phones.items()
    ]
    return sorted(threads, key=lambda thread: -float(thread["entries"][-1]["at"]))


def _call(call: Document) -> Document:
    return {
        "id": call["sid"],
        "kind": "call",
        "mine": False,
        "other": call["from"],
        "body": call["_said"],
        "status": call["status"],
        "error": None,
        "at": call["_at"],
        "asks_digits": "<Gather" in call["_twiml"],
    }


def _mail(mail: Document) -> Document:
    return {
        "id": mail["id"],
        "from": mail["from"] or mail["sender"],
        "to": ", ".join(mail["recipients"]),
        "subject": mail["subject"] or "(no subject)",
        "preview": " ".join((mail["text"] or _TAG.sub(" ", mail["html"])).split())[:140],
        "has_html": bool(mail["html"]),
        "text": mail["text"],
        "attachments": [
            {"name": a["name"], "type": a["type"], "size": a["size"]} for a in mail["attachments"]
        ],
        "at": mail["at"],
    }


def _deliveries(world: World) -> list[Document]:
    found = [
        delivery
        for courier in (world.stripe_courier, world.twilio_courier)
        for delivery in world.store.latest(courier.kind, _SHOWN)
    ]
    newest_first = sorted(found, key=lambda delivery: -float(delivery["created"]))
    return [_delivery(delivery) for delivery in newest_first[:_SHOWN]]


def _delivery(delivery: Document) -> Document:
    last: dict[str, Any] = delivery["attempts"][-1] if delivery["attempts"] else {}
    return {
        "id": delivery["id"],
        "channel": delivery["channel"],
        "type": delivery["type"],
        "url": delivery["url"],
        "state": delivery["state"],
        "rule": delivery["rule"] or "",
        "attempts": len(delivery["attempts"]),
        "status": last.get("status"),
        "error": last.get("error", ""),
        "ms": last.get("ms"),
        "next_attempt_at": delivery["next_attempt_at"],
        "at": delivery["created"],
    }


def _controls(courier: Courier) -> Document:
    return {
        "paused": courier.paused,
        "rules": [f"{r.action} {r.pattern}" for r in courier.rules if r.times > 0],
    }


def _faults(faults: list[Any]) -> Document:
    return {"faults": [f"{fault.kind} x {fault.times}" for fault in faults]}
