"""Whom we may write to about what: addresses, what they agreed to, and what they answered."""

from django.db import models
from django.db.models import Q

from apps.notifications.models.alerts import Alert
from apps.notifications.states import Channel, InboundMeaning, SubscriptionState, Topic
from bakery.kernel.append_only import AppendOnly


class Contact(models.Model):
    """A mailbox in lower case, or an E.164 number, to which something was or may be sent.

    ``stopped_at``: answered STOP, nothing goes to that number any more. ``suppressed_at``: mail
    bounced for good or was reported as spam. An erased one keeps a keyed hash for its address, so
    that a STOP outlives the person's data.
    """

    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=5, default="en")
    stopped_at = models.DateTimeField(null=True)
    suppressed_at = models.DateTimeField(null=True)
    suppressed_reason = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        permissions = [("withdraw_consent", "Can take back consents for who asks by telephone")]
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="contact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} contact {self.pk}"


class Subscription(models.Model):
    """What holds now between a contact and a topic; its history is `SubscriptionRecord`.

    ``expires_at`` ends a consent that was only implied (CASL: two years after a purchase, six
    months after an inquiry); null for one that was given.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="subscriptions")
    topic = models.CharField(max_length=20, choices=Topic.choices)
    state = models.CharField(max_length=20, choices=SubscriptionState.choices)
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "topic"], name="subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.state}"


class SubscriptionRecord(AppendOnly):
    """One decision about a contact and a topic, kept for ever as evidence.

    ``wording`` is what the person read; ``source`` where. Ids, not addresses.
    """

    contact_id = models.BigIntegerField(db_index=True)
    topic = models.CharField(max_length=20, choices=Topic.choices)
    state = models.CharField(max_length=20, choices=SubscriptionState.choices)
    source = models.CharField(max_length=40)
    wording = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.topic}: {self.state} at {self.at}"


class InboundText(models.Model):
    """A text that somebody sent to the shop's number, and what it was taken for."""

    provider_sid = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=20)
    body = models.CharField(max_length=1600, blank=True)
    meaning = models.CharField(max_length=20, choices=InboundMeaning.choices)
    alert = models.ForeignKey(
        Alert, null=True, blank=True, on_delete=models.SET_NULL, related_name="replies"
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="inbound_newest"),
            models.Index(fields=["sender"], name="inbound_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} from …{self.sender[-4:]}"


class SendingBudget(models.Model):
    """How much was sent in a window of time under one cap; taken by one conditional UPDATE.

    ``scope`` says what is counted (all texts, a number, a prefix, a country), ``key`` which.
    """

    scope = models.CharField(max_length=20)
    key = models.CharField(max_length=40, blank=True)
    window_start = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key", "window_start"], name="sending_budget_once"
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="sending_budget_used"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}: {self.used}"
