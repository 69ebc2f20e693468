"""Paid orders with their documents, and files of them that somebody meddled with."""

import io

from apps.receipts import services
from apps.receipts.models import Document
from apps.receipts.services import sealing
from tests.orders.factories import AT, place_paid


def issue(at=AT, **options) -> Document:
    """Return the receipt of a new paid order; it has no file yet."""
    order = place_paid(**options)
    document = services.settle_documents(order_id=order.pk, at=at)
    assert document is not None
    return document


def sealed(at=AT, **options) -> Document:
    """Return the receipt of a new paid order, with its file."""
    document = issue(at, **options)
    seal = services.seal_document(document_id=document.pk, at=at)
    assert seal is not None
    return Document.objects.select_related("seal", "order").get(pk=document.pk)


def file_of(document: Document) -> bytes:
    return services.read_file(document=document)


def with_revision(data: bytes) -> bytes:
    """Return the file with something added as PDF programs add it: our signature stays right."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/Added"] = generic.NumberObject(1)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def unsigned_copy(document: Document) -> bytes:
    """Return what was signed, without the signature: what printing to a file would give."""
    return sealing.render_pdf(document=document)
