"""What accounts do when something happened."""

from datetime import datetime

from apps.accounts.events import MailboxRequestMade
from apps.accounts.services import carry_out_mailbox_request
from bakery.kernel.outbox import CRITICAL, handles


@handles(MailboxRequestMade, queue=CRITICAL)
def answer_mailbox_request(event: MailboxRequestMade, *, at: datetime) -> None:
    """Register, or mail a link, or stay silent: the stranger's reply was given already."""
    carry_out_mailbox_request(request_id=event.request_id, at=at)
