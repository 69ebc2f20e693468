"""Telling customer and shop that a request came in, each once."""

from datetime import datetime

from apps.custom_cakes.selectors.request_letters import request_letter, shop_letter
from apps.notifications import services as notifications
from apps.notifications.states import Topic


def mail_received(*, request_id: int, revision: int, at: datetime) -> bool:
    """Tell the customer what was asked for, and what happens next; False: there is nobody."""
    letter = request_letter(request_id, revision_no=revision)
    if letter is None or not letter.to:
        return False
    notifications.send_mail(
        template="custom_cakes/mail/request_received",
        to=letter.to,
        context=letter.context,
        language=letter.language,
        dedupe_key=f"custom_cakes:received:{request_id}:{revision}",
        at=at,
    )
    return True


def tell_shop(*, request_id: int, what: str, key: str, at: datetime) -> int:
    """Mail the shop that there is something to look at; return how many mailboxes were told.

    ``what`` is new, changed or answered; once for ``key``.
    """
    letter = shop_letter(request_id, what=what)
    if letter is None:
        return 0
    for mailbox in letter.to:
        notifications.send_mail(
            template="custom_cakes/mail/shop_told",
            to=mailbox,
            context=letter.context,
            topic=Topic.STAFF,
            dedupe_key=f"custom_cakes:told:{request_id}:{key}:{mailbox}",
            at=at,
        )
    return len(letter.to)


def mail_passed(*, request_id: int, revision: int, at: datetime) -> bool:
    """Tell the customer that the day went by without a cake; False: there is nobody."""
    letter = request_letter(request_id)
    if letter is None or not letter.to:
        return False
    notifications.send_mail(
        template="custom_cakes/mail/request_passed",
        to=letter.to,
        context=letter.context,
        language=letter.language,
        dedupe_key=f"custom_cakes:passed:{request_id}:{revision}",
        at=at,
    )
    return True
