"""What every test of reminders needs."""

import pytest


@pytest.fixture(autouse=True)
def _shop_with_an_address(settings):
    """Give the shop a postal address, without which no reminder goes out, and real mail."""
    settings.SHOP_ADDRESS = ["1 Baker Street", "Toronto ON"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
