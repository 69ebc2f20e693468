"""Twilio's error replies and codes."""


class TwilioError(Exception):
    """An error that the API answers with `status` and Twilio's JSON body."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


# Refused when the message is made; the numbers are Twilio's published test numbers.
REFUSED_TO = {
    "+15005550001": (21211, "The 'To' number {to} is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number {to} is not currently reachable via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for {to}."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number: {to}"),
}
REFUSED_FROM = {
    "+15005550001": (21212, "The 'From' number {sender} is not a valid phone number."),
    "+15005550007": (
        21606,
        (
            "The 'From' phone number provided ({sender}) is not a valid, SMS-capable inbound phone"
            " number or short code for your account."
        ),
    ),
    "+15005550008": (
        21611,
        ("The 'From' number {sender} has exceeded the maximum of queued messages."),
    ),
}
REFUSED_CODES = {code for code, _ in REFUSED_TO.values()} | {
    code for code, _ in REFUSED_FROM.values()
}
UNSUBSCRIBED = 21610

# Found out only after sending; these end the message as undelivered or failed.
DELIVERY_ERRORS = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}
FAILED_CODES = frozenset({30001, 30002})
