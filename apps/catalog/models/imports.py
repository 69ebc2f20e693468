"""Files of the range that were sent to be imported."""

from uuid import uuid4

from django.db import models


class RangeImport(models.Model):
    """A file that was checked, and what was found; ``applied_at`` null until it was carried out.

    ``content`` is emptied once it is of no more use. ``fingerprint`` is what the file would change
    in the range as it was checked: when the range has changed since, the file is checked again.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    actor = models.CharField(max_length=200)
    file_name = models.CharField(max_length=200)
    file_format = models.CharField(max_length=10)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "pk"]
        permissions = [("import_products", "Can import and export the whole range")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.file_name} by {self.actor}"
