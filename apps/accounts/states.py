"""Words that accounts store."""

from django.db import models


class MailboxPurpose(models.TextChoices):
    """What a link in a mail is good for."""

    VERIFY = "verify_mailbox", "confirm the mailbox"
    RESET = "reset_password", "choose a new password"


class MailboxRequestKind(models.TextChoices):
    """What somebody who is not signed in asked to be mailed about."""

    REGISTER = "register", "open an account"
    RESET = "reset", "reset the password"


class ConsentPurpose(models.TextChoices):
    """What a person may allow or forbid."""

    MARKETING_MAIL = "marketing_mail", "news by e-mail"
    MARKETING_SMS = "marketing_sms", "news by text message"
    ANALYTICS = "analytics", "use of orders for statistics"


class RevokeReason(models.TextChoices):
    """Why a family of refresh tokens ended."""

    LOGOUT = "logout", "logged out"
    REUSE = "reuse", "a spent token was used again"
    ENDED = "ended", "all sessions were ended"
