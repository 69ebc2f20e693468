"""Facts about receipts and credit notes."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DocumentIssued(Event):
    """A receipt or credit note got its number and its content; its file is still to be made."""

    kind: ClassVar[str] = "receipts.document_issued"
    document_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class DocumentSealed(Event):
    """The file of a document is signed and kept, so that it can be fetched and mailed."""

    kind: ClassVar[str] = "receipts.document_sealed"
    document_id: int
    order_id: int
