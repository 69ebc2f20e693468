"""Who is told of the demo bakery's cakes, and texts that came to its number."""

from datetime import datetime, timedelta

from apps.notifications import services
from apps.notifications.models import AlertContact
from bakery.demo.people import PEOPLE

ACTOR = "system"
# The first is told first; the numbers are those on the sandbox's page.
ROSTER = (
    ("kitchen@bakery.example", "+14165550101"),
    ("manager@bakery.example", "+14165550102"),
)
# Sender, words, and how many hours ago.
TEXTS = (
    ("+14165550171", "Can I come ten minutes later?", 0),
    ("+14165550180", "HELP", 4),
    ("+14165550180", "STOP", 3),
    ("+14165550181", "ARRET", 2),
)


def seed_alerts(*, at: datetime) -> int:
    """Put the demo's people on the roster, unless anybody is, and take in its texts.

    Returns how many people are new.
    """
    for number, (sender, body, hours) in enumerate(TEXTS):
        moment = at - timedelta(hours=hours)
        services.take_text(sid=f"SMdemo{number}", sender=sender, body=body, at=moment)
    if AlertContact.objects.exists():
        return 0
    names = {person.email: person.name for person in PEOPLE}
    for position, (email, phone) in enumerate(ROSTER, start=1):
        wish = services.ContactWish(
            name=names[email], phone=phone, email=email, position=position, takes_calls=True
        )
        services.add_contact(wish=wish, actor=ACTOR, at=at)
    return len(ROSTER)
