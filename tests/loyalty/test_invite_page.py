"""The page with the link by which a customer invites others."""

import pytest

from apps.loyalty.models import ReferralCode
from tests.accounts import people

pytestmark = pytest.mark.django_db


def test_a_customer_finds_a_link_that_works_and_stays_the_same():
    ada = people.customer()
    client = people.browser(ada)
    page = client.get("/account/invite/").content.decode()
    code = ReferralCode.objects.get(user=ada).code
    assert f"/r/{code}/" in page
    assert f"/r/{code}/" in client.get("/account/invite/").content.decode()
    assert people.browser().get(f"/r/{code}/").status_code == 200
    assert "/account/invite/" in client.get("/account/").content.decode()


def test_nobody_else_has_one():
    assert people.browser().get("/account/invite/")["Location"].startswith("/account/login/")
    assert not ReferralCode.objects.exists()
