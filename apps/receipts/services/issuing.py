"""Issuing the documents that an order's sale calls for."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.receipts.events import DocumentIssued
from apps.receipts.models import Document, Series
from apps.receipts.rules.content import Head, build_content
from apps.receipts.rules.numbers import document_number
from apps.receipts.rules.sale import Sale, Sums, Told, missing_of
from apps.receipts.selectors.sales import last_receipt, lock_sale, told_of
from apps.receipts.services.shop import read_shop
from apps.receipts.states import DocumentKind
from bakery.kernel import clock, outbox
from bakery.kernel.rows import insert, insert_unless_taken


def settle_documents(*, order_id: int, at: datetime) -> Document | None:
    """Issue the receipt or credit note that is missing of an order, and return it.

    What the documents of an order say together is what its sale comes to, whenever nothing is
    owed on it: a first receipt when it is paid, another one for what a change made dearer, a
    credit note for what became cheaper, was credited or cancelled. Issues nothing when they agree.
    Locks the order's row, then the series of the number, so that no number is ever missing. Raises
    `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        sale = lock_sale(order_id)
        told = told_of(order_id)
        gap = missing_of(sale, told)
        if gap.is_nothing:
            return None
        document = _issue(sale, told, gap, at=at)
        issued = DocumentIssued(document_id=document.pk, order_id=order_id)
        outbox.emit(issued, key=document.number, at=at)
    return document


def _issue(sale: Sale, told: Told, gap: Sums, *, at: datetime) -> Document:
    """Write the document of a gap: a credit note when the total falls, else a receipt."""
    kind = DocumentKind.CREDIT_NOTE if gap.total < 0 else DocumentKind.RECEIPT
    day = clock.shop_date(at)
    before = last_receipt(sale.order_id) if told.count else None
    head = Head(
        kind=kind,
        number=_next_number(kind, day.year),
        issued_on=day,
        corrects=(before.number, before.issued_on) if before else None,
    )
    said = Sums().plus(gap, times=-1) if gap.total < 0 else gap
    content = build_content(head=head, shop=read_shop(), sale=sale, told=told, gap=gap)
    document = Document(
        kind=kind,
        number=head.number,
        order_id=sale.order_id,
        position=told.count + 1,
        corrects=before if kind == DocumentKind.CREDIT_NOTE else None,
        issued_at=at,
        issued_on=day,
        currency=sale.currency,
        subtotal=said.subtotal,
        tax_total=said.tax,
        total=said.total,
        taxes=said.taxes_json(),
        content=content,
        is_complete=not content["missing"],
    )
    insert([document])
    return document


def _next_number(kind: DocumentKind, year: int) -> str:
    """Take the next number of a series; its row stays locked until the document is written."""
    mine = Series.objects.filter(kind=kind, year=year)
    if not mine.update(last=F("last") + 1):
        insert_unless_taken(Series(kind=kind, year=year, last=0))
        mine.update(last=F("last") + 1)
    return document_number(kind, year, mine.get().last)
