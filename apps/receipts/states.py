"""What kinds of documents a sale has."""

from django.db.models import TextChoices


class DocumentKind(TextChoices):
    """What a document says of a sale."""

    RECEIPT = "receipt", "receipt"
    CREDIT_NOTE = "credit_note", "credit note"
