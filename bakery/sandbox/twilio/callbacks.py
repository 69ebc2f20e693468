"""Signed requests from the sandbox to the platform: status callbacks, replies, TwiML."""

import base64
import hashlib
import hmac
import re
from html import unescape
from urllib.parse import urlencode

from bakery.sandbox.outbound import OutgoingRequest
from bakery.sandbox.store import Document
from bakery.sandbox.world import World

FORGED = "forged."
_GATHER = re.compile(r"<Gather[^>]*\baction=[\"']([^\"']+)[\"']")


def sign_request(url: str, params: dict[str, str], *, auth_token: str) -> str:
    """Return `X-Twilio-Signature`: base64 of HMAC-SHA1 over the URL and the sorted parameters."""
    signed = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def render_callback(world: World, delivery: Document) -> OutgoingRequest:
    """Make the request of one attempt."""
    params: dict[str, str] = delivery["payload"]
    url = delivery["url"]
    is_forged = delivery["type"].startswith(FORGED)
    token = "of-a-stranger" if is_forged else world.config.twilio_auth_token
    signature = sign_request(url, params, auth_token=token)
    return OutgoingRequest(
        url=url,
        body=urlencode(params).encode(),
        headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": delivery["id"],
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        },
    )


def announce(world: World, message: Document) -> None:
    """Owe the message's callback its present state."""
    if message["_callback"]:
        world.twilio_courier.enqueue(
            url=message["_callback"],
            subject=message["sid"],
            kind=f"message.{message['status']}",
            payload=status_params(message),
        )


def forge(world: World, message: Document, status: str) -> Document:
    """Claim a status of a message as a stranger would, who has no token to sign with."""
    return world.twilio_courier.enqueue(
        url=message["_callback"],
        subject=message["sid"],
        kind=f"{FORGED}message.{status}",
        payload=status_params(message) | {"MessageStatus": status, "SmsStatus": status},
    )


def status_params(message: Document) -> dict[str, str]:
    """Return what Twilio reports of a message."""
    params = {
        "AccountSid": message["account_sid"],
        "ApiVersion": message["api_version"],
        "From": message["from"],
        "MessageSid": message["sid"],
        "MessageStatus": message["status"],
        "SmsSid": message["sid"],
        "SmsStatus": message["status"],
        "To": message["to"],
    }
    if message["messaging_service_sid"]:
        params["MessagingServiceSid"] = message["messaging_service_sid"]
    if message["error_code"] is not None:
        params["ErrorCode"] = str(message["error_code"])
    return params


def announce_call(world: World, call: Document) -> None:
    """Owe the call's callback its present state; an answered call fetches its TwiML."""
    params = call_params(call)
    if call["_callback"]:
        world.twilio_courier.enqueue(
            url=call["_callback"],
            subject=call["sid"],
            kind=f"call.{call['status']}",
            payload=params | ({"CallDuration": call["duration"]} if call["duration"] else {}),
        )
    if call["status"] == "in-progress" and call["_url"]:
        world.twilio_courier.enqueue(
            url=call["_url"], subject=call["sid"], kind="call.twiml", payload=params
        )


def press_digits(world: World, call: Document, digits: str) -> Document | None:
    """Press digits during a call; None when its words ask for none."""
    action = find_gather_action(call["_twiml"])
    if not action:
        return None
    # Whatever the steps of the stand-in: who presses is on the line.
    params = call_params(call) | {"CallStatus": "in-progress", "Digits": digits}
    return world.twilio_courier.enqueue(
        url=action, subject=call["sid"], kind="call.digits", payload=params
    )


def call_params(call: Document) -> dict[str, str]:
    """Return what Twilio says about a call in every request."""
    detected = {"AnsweredBy": call["answered_by"]} if call["answered_by"] else {}
    return detected | {
        "AccountSid": call["account_sid"],
        "ApiVersion": call["api_version"],
        "CallSid": call["sid"],
        "CallStatus": call["status"],
        "Called": call["to"],
        "Caller": call["from"],
        "Direction": call["direction"],
        "From": call["from"],
        "To": call["to"],
    }


def find_gather_action(twiml: str) -> str:
    """Return where pressed digits go, or nothing."""
    found = _GATHER.search(twiml)
    return unescape(found[1]) if found else ""
