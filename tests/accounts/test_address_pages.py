"""The address book on the shop's pages."""

import pytest

from apps.accounts import services
from apps.accounts.models import Address
from apps.accounts.services.addresses import MAX_ADDRESSES
from bakery.kernel import clock
from tests.accounts import people

pytestmark = pytest.mark.django_db
NEW = "/account/addresses/new/"
HOME = {
    "label": "Home",
    "recipient": "Ada Byron",
    "phone": "",
    "line1": "12 King Street West",
    "line2": "",
    "city": "Toronto",
    "region": "ON",
    "postcode": "m5v3a8",
    "country": "CA",
    "instructions": "Ring twice",
}


@pytest.fixture
def ada():
    return people.customer()


def written(user):
    parts = {**HOME, "postcode": "M5V 3A8"}
    return services.add_address(user_id=user.pk, parts=parts, at=clock.now())


def test_an_address_is_written_down_and_changed(ada):
    client = people.browser(ada)
    assert client.get(NEW).status_code == 200
    reply = client.post(NEW, HOME)
    assert (reply.status_code, reply["Location"]) == (303, "/account/")
    row = Address.objects.get()
    assert (row.user_id, row.postcode, row.is_default) == (ada.pk, "M5V 3A8", True)
    page = client.get(f"/account/addresses/{row.pk}/").content.decode()
    assert "Ring twice" in page
    client.post(f"/account/addresses/{row.pk}/", {**HOME, "line1": "14 King Street West"})
    row.refresh_from_db()
    assert row.line1 == "14 King Street West"
    assert "14 King Street West" in client.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("postcode", "12345", "Write the postcode like M5V 3A8."),
        ("recipient", "", "required"),
        ("country", "ZZ", "valid choice"),
        ("city", "x" * 101, "at most 100 characters"),
        ("line1", "a\x00b", "Null characters"),
        ("phone", "12", "phone number"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(ada, field, value, words):
    reply = people.browser(ada).post(NEW, {**HOME, field: value})
    page = reply.content.decode()
    assert reply.status_code == 400
    assert words in page
    assert "Ring twice" in page
    assert not Address.objects.exists()


def test_a_full_book_says_so(ada):
    for _ in range(MAX_ADDRESSES):
        written(ada)
    reply = people.browser(ada).post(NEW, HOME)
    assert reply.status_code == 409
    assert "Remove one first" in reply.content.decode()


def test_somebody_elses_address_does_not_exist(ada):
    row = written(people.customer("eve@example.com"))
    client = people.browser(ada)
    for key in (row.pk, row.pk + 1000, 2**64):
        assert client.get(f"/account/addresses/{key}/").status_code == 404
        assert client.post(f"/account/addresses/{key}/", HOME).status_code == 404
    assert not Address.objects.filter(user=ada).exists()
    row.refresh_from_db()
    assert row.postcode == "M5V 3A8"
