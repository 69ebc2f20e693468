"""The authenticator app on a member of staff's phone (TOTP, RFC 6238), by django-otp.

Takes its clock from the library: a one-time code is about the wall clock by nature.
"""

from base64 import b32encode
from dataclasses import dataclass

import segno
from django.db import transaction
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

SESSION_KEY: str = DEVICE_ID_SESSION_KEY


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to set up an authenticator: the secret, its URI, and that as a QR code.

    ``svg`` is a ``data:`` URI, which the content security policy allows for images.
    """

    secret: str
    uri: str
    svg: str


def confirmed_device(user_id: int) -> TOTPDevice | None:
    """Return the authenticator that the user has proved to hold, None without one."""
    return TOTPDevice.objects.filter(user_id=user_id, confirmed=True).order_by("pk").first()


def pending_device(user_id: int) -> TOTPDevice:
    """Return the authenticator that is being set up; the same one until it is confirmed."""
    device: TOTPDevice | None = (
        TOTPDevice.objects.filter(user_id=user_id, confirmed=False).order_by("pk").first()
    )
    return device or TOTPDevice.objects.create(user_id=user_id, confirmed=False, name="phone")


def add_confirmed(user_id: int, key: str) -> TOTPDevice:
    """Give the user an authenticator whose secret (hex) is known: demos and tests."""
    return TOTPDevice.objects.create(user_id=user_id, key=key, confirmed=True, name="phone")


def forget(user_id: int) -> int:
    """Drop all authenticators of the user and return how many there were."""
    deleted, _ = TOTPDevice.objects.filter(user_id=user_id).delete()
    return int(deleted)


def accept_code(device_pk: int, code: str) -> TOTPDevice | None:
    """Return the device when ``code`` is right, unused, and guessing is not locked.

    The row is locked, so that of two parallel requests with one code one is refused. The failure
    count must survive the refusal: never call this inside a transaction that may roll back.
    """
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(pk=device_pk).first()
        return device if device is not None and device.verify_token(code) else None


def describe(device: TOTPDevice) -> Enrolment:
    """Return what is shown to the person who sets up ``device``."""
    code = segno.make(device.config_url, error="m")
    return Enrolment(
        secret=b32encode(device.bin_key).decode().rstrip("="),
        uri=device.config_url,
        svg=code.svg_data_uri(scale=5, border=2, dark="#1f2328", light="#ffffff"),
    )
