"""How far Stripe's lists were read, and what is out of order with Stripe at the moment."""

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


class Episode(models.Model):
    """Something that is watched: since when it is out of order, null while all is well.

    Whoever is told is told once in an episode, however long it lasts.
    """

    name = models.CharField(max_length=40, unique=True)
    since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    text = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.text or 'well'}"
