"""The files of receipts, for an order's customer, for who holds a link, and for staff."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.receipts import selectors, services
from apps.receipts.models import Document
from bakery.edge import access
from bakery.kernel import clock


@access.page(access.ANYONE)
@require_safe
def order_receipt(request: HttpRequest, public_id: UUID, number: str) -> HttpResponse:
    """Send a receipt of an order: to who may see the order, or with the ``token`` of a link."""
    if token := request.GET.get("token", ""):
        document = services.open_by_link(
            public_id=public_id, number=number, token=token, at=clock.now()
        )
    else:
        user_id = request.user.pk if request.user.is_authenticated else None
        document = services.open_own(public_id=public_id, number=number, user_id=user_id)
    return _reply(document)


@access.page(access.staff("receipts.view_document"))
@require_safe
def staff_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Send a receipt to staff."""
    document = selectors.document_by_number(number)
    if not selectors.may_see_buyer(document, request.user):
        raise PermissionDenied
    return _reply(document)


def _reply(document: Document) -> HttpResponse:
    return HttpResponse(
        services.read_file(document=document),
        content_type="application/pdf",
        headers=services.file_headers(document=document),
    )
