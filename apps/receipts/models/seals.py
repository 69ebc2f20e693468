"""The files of documents."""

from django.db import models

from apps.receipts.models.documents import Document
from bakery.kernel.append_only import AppendOnly


class Seal(AppendOnly):
    """The one file of a document: where it is, what it hashes to, who signed it and when."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="seal")
    key = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    # SHA-256 of the signer's certificate.
    signer = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    # By a timestamp server, null where none is configured.
    timestamped_at = models.DateTimeField(null=True)
    # Until when the store refuses to drop the file.
    kept_until = models.DateField()

    def __str__(self) -> str:
        return self.key
