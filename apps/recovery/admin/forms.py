"""Forms of what holds: each saves a new version."""

from typing import Any

from django import forms

from apps.recovery.models import RecoveryPolicy, RecoveryRule
from apps.recovery.selectors.rules import promotions_with_codes
from apps.recovery.services.rules import MOST_HELD_OUT, POLICY_NUMBERS, RULE_NUMBERS
from apps.recovery.states import RuleChannel, Wording

_LABELS = {
    "longest_hours": ("Oldest cart, hours", "An older cart is left alone."),
    "gap_hours": ("Between two reminders of a cart, hours", ""),
    "person_hours": ("Between two carts of a person, hours", ""),
    "text_hours": ("Between two texts about a cart, hours", "Carriers ask for 48 at least."),
    "attribution_days": (
        "Days that count",
        "An order so many days after a reminder is counted for it.",
    ),
    "coupon_days": ("Days between two codes for a person", ""),
    "link_days": ("Days that a link works", ""),
    "fewest_carts": (
        "Carts to compare",
        "Of each group there must be so many before a difference is shown.",
    ),
    "delay_minutes": ("Minutes after the last activity", "60 is an hour, 1440 a day."),
    "coupon_valid_days": ("Days that the code works", ""),
}


def _whole(name: str, span: tuple[int, int]) -> forms.IntegerField:
    label, words = _LABELS[name]
    return forms.IntegerField(min_value=span[0], max_value=span[1], label=label, help_text=words)


class PolicyForm(forms.Form):
    """The limits of all reminders."""

    is_on = forms.BooleanField(
        required=False,
        label="Remind",
        help_text="Off: nothing new is planned, and what waits is not sent.",
    )
    holdout_percent = forms.DecimalField(
        min_value=0,
        max_value=MOST_HELD_OUT,
        decimal_places=2,
        label="Held out, percent",
        help_text="So many people are never reminded: what they buy anyway is compared.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, span in POLICY_NUMBERS.items():
            self.fields[name] = _whole(name, span)

    @classmethod
    def of(cls, policy: RecoveryPolicy | None, data: Any) -> "PolicyForm":
        """Return the form filled with what holds."""
        names = ("is_on", "holdout_percent", *POLICY_NUMBERS)
        return cls(data, initial={n: getattr(policy, n) for n in names} if policy else {})


class RuleForm(forms.Form):
    """One reminder."""

    is_active = forms.BooleanField(required=False, label="Send it", initial=True)
    channel = forms.ChoiceField(choices=RuleChannel.choices)
    wording = forms.ChoiceField(choices=Wording.choices, label="Words")
    promotion_id = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        label="Code of",
        help_text="Each mail brings a code of its own for this promotion, for one use.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["promotion_id"]
        assert isinstance(choice, forms.TypedChoiceField)  # noqa: S101 - for the checker
        choice.choices = [("", "no code"), *promotions_with_codes().items()]
        for name, span in RULE_NUMBERS.items():
            self.fields[name] = _whole(name, span)
        self.order_fields(["is_active", "delay_minutes", "channel", "wording"])

    @classmethod
    def of(cls, rule: RecoveryRule | None, data: Any) -> "RuleForm":
        """Return the form filled with what holds."""
        names = ("is_active", "channel", "wording", "promotion_id", *RULE_NUMBERS)
        start: dict[str, Any] = {"coupon_valid_days": 7, "is_active": True}
        return cls(data, initial={n: getattr(rule, n) for n in names} if rule else start)
