"""How far Stripe's lists were read."""

from django.db import models


class StripeListing(models.Model):
    """How far one of Stripe's lists was read.

    Everything until ``read_until`` was seen. A reading that its bound broke off goes on behind
    ``cursor``, inside the window that ends at ``window_ends``. ``finished_at`` is when a reading
    came to the end of its window last.
    """

    name = models.CharField(max_length=40, unique=True)
    read_until = models.DateTimeField()
    window_ends = models.DateTimeField(null=True)
    cursor = models.CharField(max_length=255, blank=True)
    finished_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} until {self.read_until:%Y-%m-%d %H:%M}"
