"""Invitations: who brought whom. Mailboxes, phones and addresses are kept as keyed hashes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.loyalty.states import ReferralState
from bakery.kernel.states import TransitionRecord


class ReferralCode(models.Model):
    """The code by which one account invites others."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="referral_code",
    )
    code = models.CharField(max_length=12, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """One account that came by another's code.

    ``reason`` says why it was held or refused. ``reference`` is the sale that rewarded it. The
    points that both get are those of the day of the claim.
    """

    referrer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="referrals_made"
    )
    referred = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="referral"
    )
    state = models.CharField(
        max_length=10, choices=ReferralState, default=ReferralState.PENDING, editable=False
    )
    reason = models.CharField(max_length=40, blank=True)
    referrer_points = models.PositiveIntegerField()
    referred_points = models.PositiveIntegerField()
    mailbox_print = models.CharField(max_length=16, blank=True)
    phone_print = models.CharField(max_length=16, blank=True)
    address_print = models.CharField(max_length=16, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    claimed_at = models.DateTimeField()
    rewarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [("review_referral", "Can decide on referrals that were held or refused")]
        indexes = [
            models.Index(fields=["referrer", "claimed_at"], name="referral_of_referrer"),
            models.Index(fields=["address_print", "claimed_at"], name="referral_from_address"),
            models.Index(
                fields=["mailbox_print"], name="referral_mailbox", condition=~Q(mailbox_print="")
            ),
            models.Index(
                fields=["phone_print"], name="referral_phone", condition=~Q(phone_print="")
            ),
            models.Index(fields=["reference"], name="referral_sale", condition=~Q(reference="")),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(referrer=F("referred")), name="referral_of_two"),
            models.CheckConstraint(
                condition=Q(state__in=ReferralState.values), name="referral_state"
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.referred_id} by account {self.referrer_id}"


class ReferralTransition(TransitionRecord):
    """History of a referral."""

    subject = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="history")
