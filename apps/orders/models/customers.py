"""What customers have beside their orders: a calendar to subscribe to, a mailbox to prove."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """The secret address of an account's pickups; of the secret only a digest is kept.

    One for each account: a new secret ends the old one.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of user {self.user_id}"


class MailboxClaim(models.Model):
    """An account says that guest orders of a mailbox are its own; a link mailed there proves it.

    The link's token is kept as a digest, works once and for this account only.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="mailbox_claim_age")]

    def __str__(self) -> str:
        return f"claim #{self.pk} of user {self.user_id}"
