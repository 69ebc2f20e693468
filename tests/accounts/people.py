"""People for tests, and the codes of their authenticators."""

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.services import TokenPair
from bakery.edge.access import SECOND_FACTOR_AT
from bakery.kernel import clock

PASSWORD = "seven layer honey cake"
KEY = "3132333435363738393031323334353637383930"


def customer(email: str = "ada@example.com", **fields: Any) -> User:
    """A customer with a confirmed mailbox."""
    user = User.objects.create_user(
        email, PASSWORD, email_verified_at=clock.now(), full_name="Ada Baker", **fields
    )
    user.groups.add(Group.objects.get_or_create(name="customer")[0])
    return user


def staff(role: str = "kitchen", *, email: str | None = None, device: bool = True) -> User:
    """A member of staff, with an authenticator unless told otherwise."""
    return services.create_staff(
        email=email or f"{role}@bakery.example",
        roles=[role],
        password=PASSWORD,
        totp_key=KEY if device else None,
        actor="system",
        at=clock.now(),
    )


def code(user: User, *, fresh: bool = True) -> str:
    """The code that the user's phone shows now.

    A code counts once; ``fresh`` lets it count again, as if half a minute had gone by.
    """
    device = TOTPDevice.objects.filter(user=user).get()
    if fresh:
        device.last_t, device.throttling_failure_count = -1, 0
        device.save()
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, device.drift):06d}"


def log_in(user: User) -> TokenPair:
    """Tokens of the user."""
    otp = code(user) if user.is_staff else ""
    return services.log_in(email=user.email, password=PASSWORD, code=otp, at=clock.now())


def api(access: str | None = None) -> APIClient:
    """An API client, with a bearer token if one is given."""
    client = APIClient()
    if access:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def browser(user: User | None = None, *, verified: bool = False) -> Client:
    """A browser, with the session of a user; ``verified`` with the second factor."""
    client = Client()
    if user is not None:
        client.force_login(user)
        if verified:
            session = client.session
            device = TOTPDevice.objects.get(user=user)
            session["otp_device_id"] = device.persistent_id
            session[SECOND_FACTOR_AT] = clock.now().timestamp()
            session.save()
    return client
