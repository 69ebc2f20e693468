"""What holds from which moment on: rows are added, never changed, so that the past stays told."""

from django.db import models
from django.db.models import Q

from apps.recovery.states import RuleChannel, Wording
from bakery.kernel.append_only import AppendOnly


class RecoveryPolicy(AppendOnly):
    """The limits of all reminders; the newest that is valid holds.

    ``is_on`` False: nothing is planned, and what waits is withheld. ``holdout_percent`` of people
    are never reminded. ``fewest_carts``: of each group there must be so many before a difference
    is shown.
    """

    valid_from = models.DateTimeField()
    is_on = models.BooleanField(default=True)
    holdout_percent = models.DecimalField(max_digits=5, decimal_places=2)
    # A cart older than this is left alone.
    longest_hours = models.PositiveSmallIntegerField()
    # Between two reminders of one cart, of two carts of one person, and of two texts about a cart.
    gap_hours = models.PositiveSmallIntegerField()
    person_hours = models.PositiveSmallIntegerField()
    text_hours = models.PositiveSmallIntegerField()
    # An order so many days after a reminder is counted as its effect.
    attribution_days = models.PositiveSmallIntegerField()
    # A person gets one coupon in so many days.
    coupon_days = models.PositiveSmallIntegerField()
    link_days = models.PositiveSmallIntegerField()
    fewest_carts = models.PositiveIntegerField()

    class Meta:
        permissions = [("manage_recovery", "Can change when carts that were left are reminded of")]
        indexes = [models.Index(fields=["-valid_from", "-id"], name="recovery_policy_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(holdout_percent__gte=0, holdout_percent__lte=50),
                name="recovery_policy_share",
            ),
            # Carriers' rule: one text about a cart within 48 hours.
            models.CheckConstraint(condition=Q(text_hours__gte=48), name="recovery_policy_texts"),
        ]

    def __str__(self) -> str:
        return f"limits from {self.valid_from:%Y-%m-%d %H:%M}"


class RecoveryRule(AppendOnly):
    """One reminder: ``delay_minutes`` after the last activity; of a step the newest row holds.

    ``promotion``, one that needs a code, gives each reminder a code of its own, for one use within
    ``coupon_valid_days``.
    """

    step = models.PositiveSmallIntegerField()
    valid_from = models.DateTimeField()
    delay_minutes = models.PositiveIntegerField()
    channel = models.CharField(max_length=10, choices=RuleChannel.choices)
    wording = models.CharField(max_length=20, choices=Wording.choices)
    promotion = models.ForeignKey(
        "loyalty.Promotion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    coupon_valid_days = models.PositiveSmallIntegerField(default=7)
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["step", "-valid_from", "-id"], name="recovery_rule_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(step__gte=1, step__lte=9), name="recovery_rule_step"
            ),
            models.CheckConstraint(condition=Q(delay_minutes__gte=1), name="recovery_rule_delay"),
        ]

    def __str__(self) -> str:
        return f"step {self.step} after {self.delay_minutes} minutes"

    @property
    def delay(self) -> str:
        """The delay in words: in hours where it is whole hours."""
        hours, rest = divmod(self.delay_minutes, 60)
        count, unit = (self.delay_minutes, "minute") if rest or not hours else (hours, "hour")
        return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
