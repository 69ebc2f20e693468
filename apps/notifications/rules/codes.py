"""Why a message did not arrive, in words for staff."""

from apps.notifications.rules.caps import LABELS, Scope

_WORDS = {
    "expired": "It would have come too late.",
    "quiet_hours": "There were no waking hours for the recipient before it would be too late.",
    "country_not_served": "Texts to this country are switched off (SMS_COUNTRIES).",
    "stopped": "The recipient answered STOP.",
    "suppressed": "Mail to this address bounced for good, or was reported as spam.",
    "no_consent": "The recipient did not agree to such messages.",
    "withdrawn": "The recipient does not want such messages.",
    "consent_expired": "The recipient's consent has ended.",
    "no_postal_address": "The shop's postal address is not set; such mails must carry it.",
    "acknowledged": "Somebody had taken charge already.",
    "erased": "The recipient was erased.",
    "order_gone": "The order is gone.",
    "order_over": "The order was given away or called off before.",
    "order_moved": "The order was moved to another time.",
    "breaker_open": "The provider was down and is asked again in a while.",
    "not_configured": "No account at the provider is set up.",
    "no_answer": "The provider did not answer.",
    "no_connection": "The provider could not be reached.",
    "connect_timeout": "The provider could not be reached in time.",
    "unreadable_answer": "The provider's answer could not be read.",
    "recipient_refused": "The provider does not send to this address any more.",
    "mail_bounced": "The mail came back.",
    "mail_rejected": "The mail was rejected.",
    # https://www.twilio.com/docs/api/errors
    "20003": "Twilio does not accept our credentials.",
    "20429": "Twilio asks to send more slowly.",
    "21211": "This is not a phone number.",
    "21408": "Twilio is not allowed to text this country (its geographic permissions).",
    "21606": "Our number cannot send texts.",
    "21608": "A trial account of Twilio texts verified numbers only.",
    "21610": "The recipient answered STOP.",
    "21612": "Twilio has no route to this number.",
    "21614": "This number takes no texts: a landline.",
    "30001": "Twilio's queue was full.",
    "30002": "Our account at Twilio is suspended.",
    "30003": "The phone is off or out of reach.",
    "30004": "The recipient or their carrier blocks our texts.",
    "30005": "This number does not exist any more.",
    "30006": "A landline, or a carrier out of reach.",
    "30007": "A carrier filtered the text as spam.",
    "30008": "Lost on the way; the carrier gave no reason.",
    "30034": "Our number is not registered for texts to the United States (A2P 10DLC).",
}


def explain_code(code: str) -> str:
    """Return what an error code means; "" for one that explains itself or that nobody knows."""
    if code.startswith("cap_") and code[4:] in set(Scope):
        return f"More {LABELS[Scope(code[4:])]} than the shop allows."
    if code.startswith("smtp_"):
        return f"The mail server answered {code[5:]}."
    return _WORDS.get(code, "")
