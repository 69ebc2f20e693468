"""Telephone calls through Twilio's SDK, and what is said during them (TwiML)."""

import re
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from twilio.twiml.voice_response import Gather, VoiceResponse

from apps.notifications.adapters.outcome import Receipt
from apps.notifications.adapters.sms import twilio_client, twilio_failures
from apps.notifications.rules.calls import state_of_call
from apps.notifications.states import MessageState
from bakery.kernel.links import public_url

# What no XML may hold, escaped or not: https://www.w3.org/TR/xml/#charsets
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CALL_PATH = "/webhooks/twilio/calls/"
_RING_SECONDS = 25
_WAIT_SECONDS = 6
_STATES = ("initiated", "ringing", "answered", "completed")
_VOICES = {"en": "en-CA", "fr": "fr-CA"}


def call_url(reference: UUID, what: str = "") -> str:
    """Return an address of a call: what to say, ``digits/`` or ``status/``; from settings."""
    return public_url(f"{CALL_PATH}{reference}/{what}")


def call(*, to: str, reference: UUID) -> Receipt:
    """Ring a phone; what is said is asked of us when somebody answers. Raises `DeliveryFailure`."""
    with twilio_failures():
        begun = twilio_client().calls.create(
            to=to,
            from_=settings.TWILIO_FROM,
            url=call_url(reference),
            method="POST",
            timeout=_RING_SECONDS,
            status_callback=call_url(reference, "status/"),
            status_callback_event=list(_STATES),
        )
    return Receipt(
        provider_sid=str(begun.sid),
        state=state_of_call(str(begun.status)) or MessageState.SENDING,
    )


def speak(sentences: Sequence[str], *, language: str, digits_to: str = "") -> str:
    """Return the TwiML that says ``sentences`` and ends the call.

    With ``digits_to``, an address, one key may be pressed meanwhile and for a while afterwards;
    whoever presses none is asked again through the same address without digits.
    """
    sentences = [_UNSPEAKABLE.sub(" ", sentence) for sentence in sentences]
    answer = VoiceResponse()
    spoken = _VOICES.get(language, _VOICES["en"])
    if not digits_to:
        for sentence in sentences:
            answer.say(sentence, language=spoken)
        answer.hangup()
        return str(answer)
    gather = Gather(
        num_digits=1,
        timeout=_WAIT_SECONDS,
        action=digits_to,
        method="POST",
        action_on_empty_result=True,
    )
    for sentence in sentences:
        gather.say(sentence, language=spoken)
    answer.append(gather)
    return str(answer)
