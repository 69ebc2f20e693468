"""Messages and calls, and how they come along by themselves or step by step."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from bakery.sandbox.ids import make_hex
from bakery.sandbox.store import Document
from bakery.sandbox.twilio.callbacks import announce, announce_call, press_digits
from bakery.sandbox.twilio.errors import (
    DELIVERY_ERRORS,
    FAILED_CODES,
    REFUSED_FROM,
    REFUSED_TO,
    UNSUBSCRIBED,
    TwilioError,
)
from bakery.sandbox.twilio.segments import count_segments
from bakery.sandbox.world import CallPlan, World

API_VERSION = "2010-04-01"
MESSAGE = "twilio.message"
CALL = "twilio.call"
OPT_OUT = "twilio.opt_out"
PATHS = {"queued": "sending", "sending": "sent", "sent": "delivered"}
CALL_PATHS = {"queued": "ringing", "ringing": "in-progress", "in-progress": "completed"}
ENDED = frozenset({"delivered", "undelivered", "failed", "received", "canceled"})
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_SAY = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL)
_MAX_BODY = 1600


def format_time(world: World) -> str:
    """Return now as Twilio writes dates (RFC 2822)."""
    return format_datetime(datetime.fromtimestamp(world.clock.now(), tz=UTC))


def create_message(world: World, params: dict[str, str]) -> Document:
    """Accept a message for sending, or refuse it with Twilio's code."""
    to, sender, body = _check_message(world, params)
    message = make_message(
        world,
        to=to,
        sender=sender,
        body=body,
        direction="outbound-api",
        service=params.get("MessagingServiceSid"),
    )
    message["_callback"] = params.get("StatusCallback", "")
    message["num_media"] = "1" if params.get("MediaUrl") else "0"
    world.store.save(MESSAGE, message)
    announce(world, message)
    schedule_advance(world, message)
    return message


def _check_message(world: World, params: dict[str, str]) -> tuple[str, str, str]:
    to, body = params.get("To", "").strip(), params.get("Body", "")
    sender = params.get("From") or params.get("MessagingServiceSid", "")
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not sender:
        raise TwilioError(400, 21603, "A 'From' phone number is required.")
    if not body and not params.get("MediaUrl"):
        raise TwilioError(400, 21602, "Message body is required.")
    if len(body) > _MAX_BODY:
        raise TwilioError(
            400, 21617, "The concatenated message body exceeds the 1600 character limit."
        )
    check_numbers(to, sender)
    planned = world.sms_rules.error_by_number.get(to)
    if planned is not None and planned not in DELIVERY_ERRORS:
        raise TwilioError(400, planned, f"Refused on command: {planned}")
    if world.store.get(OPT_OUT, to) is not None:
        raise TwilioError(400, UNSUBSCRIBED, "Attempt to send to unsubscribed recipient")
    return to, sender, body


def check_numbers(to: str, sender: str) -> None:
    """Refuse malformed numbers and Twilio's magic test numbers."""
    if to in REFUSED_TO:
        code, text = REFUSED_TO[to]
        raise TwilioError(400, code, text.format(to=to))
    if not _E164.fullmatch(to):
        raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to[:30]}")
    if sender in REFUSED_FROM:
        code, text = REFUSED_FROM[sender]
        raise TwilioError(400, code, text.format(sender=sender))
    if sender.startswith("+") and not _E164.fullmatch(sender):
        raise TwilioError(400, 21212, f"Invalid 'From' Phone Number: {sender[:30]}")


def make_message(
    world: World, *, to: str, sender: str, body: str, direction: str, service: str | None = None
) -> Document:
    """Return a new message, unsaved. Fields that start with "_" are the sandbox's own."""
    sid, account = f"SM{make_hex(32)}", world.config.twilio_account_sid
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{sid}"
    inbound = direction == "inbound"
    now = format_time(world)
    return {
        "id": sid,
        "sid": sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "body": body,
        "date_created": now,
        "date_sent": now if inbound else None,
        "date_updated": now,
        "direction": direction,
        "error_code": None,
        "error_message": None,
        "from": sender,
        "messaging_service_sid": service,
        "num_media": "0",
        "num_segments": str(count_segments(body)),
        "price": None,
        "price_unit": "USD",
        "status": "received" if inbound else "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": to,
        "uri": f"{uri}.json",
        "_at": world.clock.now(),
        "_callback": "",
    }


def schedule_advance(world: World, message: Document) -> None:
    """Let a message take its next step by itself, unless that is switched off."""
    if world.sms_rules.auto_advance and message["status"] not in ENDED:
        world.scheduler.add(
            "twilio.advance",
            delay_s=world.sms_rules.step_seconds,
            args={"message": message["sid"]},
        )


def advance_message(world: World, sid: str) -> None:
    """Take the next step of a message: queued, sending, sent, delivered or its planned error."""
    message = world.store.get(MESSAGE, sid)
    if message is None or message["status"] in ENDED:
        return
    planned = world.sms_rules.error_by_number.get(message["to"])
    if planned is not None and message["status"] in {"sending", "sent"}:
        set_status(
            world,
            message,
            "failed" if planned in FAILED_CODES else "undelivered",
            error_code=planned,
        )
        return
    set_status(world, message, PATHS[message["status"]])
    schedule_advance(world, message)


def set_status(
    world: World, message: Document, status: str, *, error_code: int | None = None
) -> Document:
    """Put a message into any state and announce it to its callback."""
    message["status"] = status
    message["date_updated"] = format_time(world)
    if status == "sent":
        message["date_sent"] = message["date_updated"]
    if error_code is not None:
        message["error_code"] = error_code
        message["error_message"] = DELIVERY_ERRORS.get(error_code, "Failed on command")
    world.store.save(MESSAGE, message)
    announce(world, message)
    return message


def receive_reply(world: World, *, sender: str, to: str, body: str) -> Document:
    """Play a phone that answers; STOP and START switch its subscription as Twilio does."""
    message = make_message(world, to=to, sender=sender, body=body, direction="inbound")
    word = body.strip().upper()
    if word in {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}:
        world.store.save(OPT_OUT, {"id": sender, "at": world.clock.now()})
    elif word in {"START", "UNSTOP", "YES"}:
        world.store.delete(OPT_OUT, sender)
    world.store.save(MESSAGE, message)
    if world.sms_rules.inbound_url:
        world.twilio_courier.enqueue(
            url=world.sms_rules.inbound_url,
            subject=message["sid"],
            kind="message.received",
            payload=_inbound_params(message),
        )
    return message


def _inbound_params(message: Document) -> dict[str, Any]:
    return {
        "AccountSid": message["account_sid"],
        "ApiVersion": API_VERSION,
        "Body": message["body"],
        "From": message["from"],
        "MessageSid": message["sid"],
        "NumMedia": "0",
        "NumSegments": message["num_segments"],
        "SmsMessageSid": message["sid"],
        "SmsSid": message["sid"],
        "SmsStatus": "received",
        "To": message["to"],
        "ToCountry": "US",
        "FromCountry": "US",
    }


def create_call(world: World, params: dict[str, str]) -> Document:
    """Ring a phone; what is said comes from `Twiml`, or from `Url` when the call is answered."""
    to, sender = params.get("To", "").strip(), params.get("From", "")
    if not to:
        raise TwilioError(400, 21201, "No 'To' number is specified")
    if not params.get("Url") and not params.get("Twiml"):
        raise TwilioError(400, 21205, "Url parameter is required.")
    check_numbers(to, sender)
    sid, account = f"CA{make_hex(32)}", world.config.twilio_account_sid
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{sid}"
    call: Document = {
        "id": sid,
        "sid": sid,
        "account_sid": account,
        "answered_by": None,
        "api_version": API_VERSION,
        "date_created": format_time(world),
        "date_updated": format_time(world),
        "direction": "outbound-api",
        "duration": None,
        "end_time": None,
        "from": sender,
        "price": None,
        "price_unit": "USD",
        "start_time": None,
        "status": "queued",
        "to": to,
        "uri": f"{uri}.json",
        "_at": world.clock.now(),
        "_callback": params.get("StatusCallback", ""),
        "_url": params.get("Url", ""),
        "_twiml": params.get("Twiml", ""),
        "_detects": bool(params.get("MachineDetection")),
        "_said": read_speech(params.get("Twiml", "")),
    }
    world.store.save(CALL, call)
    _schedule_call(world, call)
    return call


def _schedule_call(world: World, call: Document) -> None:
    if world.sms_rules.auto_advance and call["status"] in CALL_PATHS:
        world.scheduler.add(
            "twilio.advance_call", delay_s=world.sms_rules.step_seconds, args={"call": call["sid"]}
        )


def advance_call(world: World, sid: str) -> None:
    """Take the next step of a call; a planned error leaves it unanswered."""
    call = world.store.get(CALL, sid)
    if call is None or call["status"] not in CALL_PATHS:
        return
    plan = _plan_of(world, call["to"])
    unanswered = call["status"] == "ringing" and plan.outcome not in {"person", "machine"}
    call["status"] = plan.outcome if unanswered else CALL_PATHS[call["status"]]
    call["date_updated"] = format_time(world)
    if call["status"] == "in-progress":
        call["start_time"] = call["date_updated"]
        if call["_detects"]:
            call["answered_by"] = "machine_start" if plan.outcome == "machine" else "human"
    elif call["status"] not in CALL_PATHS:
        call |= {"end_time": call["date_updated"], "duration": "0" if unanswered else "4"}
    world.store.save(CALL, call)
    announce_call(world, call)
    if call["status"] == "in-progress" and call["_twiml"]:
        press_planned(world, call)
    _schedule_call(world, call)


def _plan_of(world: World, number: str) -> CallPlan:
    """Return how calls to a number fare; one whose messages get lost does not answer."""
    lost = CallPlan(outcome="no-answer" if number in world.sms_rules.error_by_number else "person")
    return world.sms_rules.call_by_number.get(number, lost)


def press_planned(world: World, call: Document) -> None:
    """Let the person on the line press what was planned, if the call's words ask for digits."""
    plan = _plan_of(world, call["to"])
    if plan.outcome == "person" and plan.digits:
        press_digits(world, call, plan.digits)


def read_speech(twiml: str) -> str:
    """Return the words of a TwiML document."""
    return " ".join(part.strip() for part in _SAY.findall(twiml))
