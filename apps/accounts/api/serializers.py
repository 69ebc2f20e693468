"""What the accounts endpoints take and give. Input and output are separate."""

from typing import Any

from django.conf import settings
from phonenumber_field.serializerfields import PhoneNumberField
from rest_framework import serializers

from apps.accounts.states import ConsentPurpose

# Longer ones are no passwords but work for the hasher.
_PASSWORD: dict[str, Any] = {
    "max_length": 256,
    "trim_whitespace": False,
    "style": {"input_type": "password"},
}


class RegisterIn(serializers.Serializer[Any]):
    """A registration."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(**_PASSWORD)
    full_name = serializers.CharField(max_length=200)
    phone = PhoneNumberField(required=False, default="", region=settings.SHOP_COUNTRY)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, default="en")
    consents = serializers.ListField(
        child=serializers.ChoiceField(choices=ConsentPurpose.choices),
        default=list,
        max_length=len(ConsentPurpose.choices),
    )


class MailboxTokenIn(serializers.Serializer[Any]):
    """The secret of a mailed link."""

    token = serializers.CharField(max_length=200)


class LoginIn(serializers.Serializer[Any]):
    """Credentials; ``otp`` is required of staff: six digits, or a recovery code."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(**_PASSWORD)
    otp = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class TokensOut(serializers.Serializer[Any]):
    """A pair of tokens; ``expires_in`` is in seconds and about the access token."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()


class AccessOut(serializers.Serializer[Any]):
    """An access token alone."""

    access = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()


class RefreshIn(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=200)


class CodeIn(serializers.Serializer[Any]):
    """A one-time code."""

    otp = serializers.CharField(max_length=40)


class EmailIn(serializers.Serializer[Any]):
    """A mailbox."""

    email = serializers.EmailField(max_length=254)


class ResetIn(serializers.Serializer[Any]):
    """A new password through a mailed link."""

    token = serializers.CharField(max_length=200)
    password = serializers.CharField(**_PASSWORD)


class PasswordChangeIn(serializers.Serializer[Any]):
    """A new password by somebody who knows the old one."""

    current_password = serializers.CharField(**_PASSWORD)
    new_password = serializers.CharField(**_PASSWORD)


class AcceptedOut(serializers.Serializer[Any]):
    """The same for every mailbox, known or not."""

    detail = serializers.CharField()


class ProfileIn(serializers.Serializer[Any]):
    """What a person may change about themselves."""

    full_name = serializers.CharField(max_length=200, required=False)
    phone = PhoneNumberField(required=False, allow_blank=True, region=settings.SHOP_COUNTRY)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class ProfileOut(serializers.Serializer[Any]):
    """What a person sees of themselves."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    email_verified = serializers.BooleanField()
    full_name = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    consents = serializers.DictField(child=serializers.BooleanField())


class ConsentIn(serializers.Serializer[Any]):
    """Decisions by purpose; what is left out stays as it is."""

    marketing_mail = serializers.BooleanField(required=False)
    marketing_sms = serializers.BooleanField(required=False)
    analytics = serializers.BooleanField(required=False)


class StaffUserOut(serializers.Serializer[Any]):
    """A user as the console shows them."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    has_authenticator = serializers.BooleanField()


class ReasonIn(serializers.Serializer[Any]):
    """Why access is changed; kept in the audit trail."""

    reason = serializers.CharField(max_length=500)
