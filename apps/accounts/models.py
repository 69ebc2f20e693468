"""Users and what is kept about them: consent, tokens (hashed), recovery codes (hashed)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from phonenumber_field.modelfields import PhoneNumberField

from apps.accounts.rules import normal_address
from apps.accounts.states import ConsentPurpose, MailboxPurpose, MailboxRequestKind, RevokeReason
from bakery.kernel.append_only import AppendOnly


class UserManager(BaseUserManager["User"]):
    """Creates users and finds them by e-mail whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this e-mail, ignoring case."""
        return self.get(email=normal_address(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an ordinary user; without a password none can be used to log in."""
        user = self.model(email=normal_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account: a customer, or a member of staff.

    ``token_version`` is raised to end every token and every browser session at once (password
    change, log out everywhere, disabling). E-mail addresses are stored in lower case.
    """

    email = models.EmailField(max_length=254, unique=True)
    full_name = models.CharField(max_length=200, blank=True)
    phone = PhoneNumberField(blank=True)
    language = models.CharField(max_length=5, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="user_email_lower"),
        ]
        permissions = [
            ("manage_staff", "Can create staff, change roles, disable accounts, reset 2FA"),
            ("anonymise_user", "Can erase a person's data"),
        ]

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie browser sessions to the password and to ``token_version``."""
        return salted_hmac(
            "apps.accounts.models.User.session",
            f"{self.password}:{self.token_version}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class Consent(AppendOnly):
    """One decision of a person, kept for ever as evidence; the latest per purpose holds."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40, choices=ConsentPurpose)
    granted = models.BooleanField()
    source = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "purpose", "-id"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose}: {'yes' if self.granted else 'no'}"


class MailboxRequest(models.Model):
    """What a stranger asked for by address; carried out later and deleted.

    The reply to the stranger is given without looking for the account, so neither its content
    nor its time can tell whether there is one.
    """

    kind = models.CharField(max_length=20, choices=MailboxRequestKind)
    email = models.EmailField(max_length=254)
    password = models.CharField(max_length=128, blank=True)
    full_name = models.CharField(max_length=200, blank=True)
    phone = PhoneNumberField(blank=True)
    language = models.CharField(max_length=5, default="en")
    consents = models.JSONField(default=list)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class MailboxToken(models.Model):
    """A link that was mailed: stored hashed, good once, for one purpose, for a while."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=20, choices=MailboxPurpose)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"


class RefreshFamily(models.Model):
    """One log-in and every refresh token that descends from it.

    ``otp_at`` is when a one-time code was last proved in it; null for customers.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="families")
    created_at = models.DateTimeField()
    otp_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=20, choices=RevokeReason, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    """Which tokens may be spent."""

    def spendable(self, *, at: datetime) -> "RefreshTokenQuerySet":
        """Tokens that are unspent and unexpired."""
        return self.filter(used_at=None, expires_at__gt=at)


class RefreshToken(models.Model):
    """One refresh token, stored hashed; ``used_at`` marks it spent."""

    digest = models.CharField(max_length=64, primary_key=True)
    family = models.ForeignKey(RefreshFamily, on_delete=models.CASCADE, related_name="tokens")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = RefreshTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"of {self.family_id}"


class RecoveryCode(models.Model):
    """A code that replaces the authenticator once; stored hashed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"


class Address(models.Model):
    """A place to which somebody has things brought; an order keeps a copy of it, not a link."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=60, blank=True)
    recipient = models.CharField(max_length=200)
    phone = models.CharField(max_length=20, blank=True)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=12)
    country = models.CharField(max_length=2)
    instructions = models.CharField(max_length=500, blank=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="address_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"address {self.pk}"
