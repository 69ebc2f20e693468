"""The mail that a document goes out with."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.notifications import services as notifications
from apps.orders.selectors.timeline import mail_key
from apps.receipts.models import Document
from apps.receipts.services.files import link_to
from apps.receipts.states import DocumentKind
from bakery.kernel import wording

MAIL = "receipts/mail/document"


def mail_document(*, document_id: int, at: datetime) -> None:
    """Mail a document's link to the order's customer, once; to nobody where there is no address."""
    document = Document.objects.select_related("order", "corrects").get(pk=document_id)
    order = document.order
    if not order.customer_email or order.erased_at is not None:
        return
    language = str(document.content["language"])
    notifications.send_mail(
        template=MAIL,
        to=order.customer_email,
        context={
            "number": document.number,
            "order_number": order.number,
            "public_id": str(order.public_id),
            "customer_name": order.customer_name,
            "total": wording.amount_text(document.total, document.currency, language),
            "is_credit": document.kind == DocumentKind.CREDIT_NOTE,
            "corrects": document.corrects.number if document.corrects else "",
            "days": settings.RECEIPT_MAIL_LINK_DAYS,
        },
        language=language,
        # Like every mail about an order, so that its erasure finds it.
        dedupe_key=mail_key(order.number, f"document_{document.number}"),
        at=at,
    )


def link_secrets(*, context: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the link, which is made when the mail goes out and stored nowhere."""
    link = link_to(
        public_id=UUID(context["public_id"]),
        number=context["number"],
        at=at,
        good_for=timedelta(days=settings.RECEIPT_MAIL_LINK_DAYS),
    )
    return {"link": link}
