"""Sample data of this app's mails and texts, for previews."""

from collections.abc import Mapping
from typing import Any

_LINK = "https://shop.example/account/verify/?token=SAMPLE"
_ALERT: Mapping[str, Any] = {
    "text": "CAKE SR-2611-4821 Sat 28 Nov 10:00: carrot, 8 inch “Happy birthday, Zoë”. ALLERGY",
    "reason": "nobody acknowledged it in time",
    "ack_link": "https://shop.example/alerts/SAMPLE/",
}
# template, what tells it apart from others of the template, data
SAMPLES: list[tuple[str, str, Mapping[str, Any]]] = [
    ("notifications/mail/verify_mailbox", "", {"link": _LINK}),
    ("notifications/mail/reset_password", "", {"link": _LINK}),
    ("notifications/mail/password_changed", "", {}),
    ("notifications/mail/registration_repeated", "", {}),
    ("notifications/mail/session_reused", "", {}),
    ("notifications/mail/alert_escalated", "", _ALERT),
    ("notifications/mail/confirm_subscription", "cart", {"link": _LINK, "topic": "cart"}),
    ("notifications/mail/confirm_subscription", "news", {"link": _LINK, "topic": "news"}),
    ("notifications/sms/opt_in", "cart", {"topic": "cart"}),
    ("notifications/sms/opt_in", "news", {"topic": "news"}),
    ("notifications/sms/confirmed", "", {"topics": ["cart", "news"]}),
    ("notifications/sms/help", "", {}),
    ("notifications/sms/started", "", {}),
    ("notifications/sms/stopped", "", {}),
]
