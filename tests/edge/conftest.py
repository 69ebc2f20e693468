"""A client that sees error replies as callers do, and people of each kind."""

import logging

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from bakery.edge import throttling
from bakery.kernel.logs import AllowListFormatter


@pytest.fixture(autouse=True)
def _fresh_limits():
    throttling.forget_outage()
    yield
    throttling.forget_outage()


@pytest.fixture
def web():
    return Client(raise_request_exception=False)


@pytest.fixture
def make_user(django_user_model):
    def make(email="anna@example.com", *, permission=None, **fields):
        user = django_user_model.objects.create_user(email, "correct horse battery", **fields)
        if permission:
            app, codename = permission.split(".")
            user.user_permissions.add(
                Permission.objects.get(content_type__app_label=app, codename=codename)
            )
        return user

    return make


@pytest.fixture
def pass_code():
    """Give a client's session a proven second factor."""

    def prove(client, user):
        from django_otp import DEVICE_ID_SESSION_KEY
        from django_otp.plugins.otp_totp.models import TOTPDevice

        device = TOTPDevice.objects.create(user=user, name="phone", confirmed=True)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()

    return prove


@pytest.fixture
def log_lines():
    """Everything logged meanwhile, as production would write it."""
    from django_guid.log_filters import CorrelationId

    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Keep()
    handler.addFilter(CorrelationId())
    handler.setFormatter(AllowListFormatter())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
