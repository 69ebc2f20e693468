"""How a reminder may travel, in which group a cart is, and which words it has."""

from django.db.models import TextChoices


class RuleChannel(TextChoices):
    """What a rule sends. ``text``: to who agreed to texts, to all others a mail."""

    MAIL = "mail", "Mail"
    TEXT = "text", "Text, else mail"


class Wording(TextChoices):
    """The words of a reminder; each names its templates."""

    FIRST = "cart_left", "You left something"
    LAST = "cart_last_call", "Last reminder"


class Arm(TextChoices):
    """The two groups that are compared; a person is in one of them for good."""

    REMINDED = "reminded", "Reminded"
    HELD_OUT = "held_out", "Held out"
