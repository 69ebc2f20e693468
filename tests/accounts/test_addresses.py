"""The address book: one's own, checked, with one default."""

import threading
from contextlib import suppress

import pytest

from apps.accounts import selectors, services
from apps.accounts.models import Address
from apps.accounts.services import addresses
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, NotFound
from tests.accounts import people
from tests.harness import patience

HOME = {
    "recipient": "Ada Byron",
    "line1": "12 King  Street",
    "city": "Toronto",
    "postcode": "m5v3a8",
    "country": "ca",
}
BOOK = "/api/v1/me/addresses"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return people.customer("ada@example.com")


@pytest.fixture
def api(ada):
    return people.api(people.log_in(ada).access)


def add(user, **parts):
    return services.add_address(user_id=user.pk, parts={**HOME, **parts}, at=clock.now())


def test_an_address_is_added_changed_and_removed(api):
    made = api.post(BOOK, {**HOME, "phone": "416 555 0123", "label": "Home"}, format="json")
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["postcode"], row["country"], row["line1"]) == ("M5V 3A8", "CA", "12 King Street")
    assert (row["phone"], row["is_default"]) == ("+14165550123", True)
    second = api.post(BOOK, {**HOME, "label": "Work"}, format="json").json()
    assert second["is_default"] is False
    where = f"{BOOK}/{second['id']}"
    changed = api.patch(where, {"is_default": True, "city": "Ottawa"}, format="json").json()
    assert (changed["is_default"], changed["city"], changed["line1"]) == (
        True, "Ottawa", "12 King Street",
    )  # fmt: skip
    assert [entry["label"] for entry in api.get(BOOK).json()] == ["Work", "Home"]
    assert api.get(BOOK)["Cache-Control"] == "private, no-store"
    assert api.delete(where).status_code == 204
    assert [entry["is_default"] for entry in api.get(BOOK).json()] == [True]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"postcode": "12345"}, "bad_postcode"),
        ({"country": "US"}, "bad_postcode"),
        ({"country": "GB", "postcode": "SW1A 1A"}, "bad_postcode"),
        ({"country": "Canada"}, "bad_country"),
        ({"city": "\u200b"}, "bad_address"),
        ({"line1": "x" * 201}, "invalid"),
        ({"recipient": ""}, "invalid"),
        ({"recipient": None}, "invalid"),
        ({"city": "a\x00b"}, "invalid"),
        ({"phone": "call me"}, "invalid"),
        ({"is_default": "maybe"}, "invalid"),
    ],
)
def test_what_is_no_address_is_refused(api, change, code):
    reply = api.post(BOOK, {**HOME, **change}, format="json")
    assert reply.status_code == 400
    assert code in reply.json()["error"]["code"] or code == "invalid"
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    ("country", "postcode", "kept"),
    [("US", "94107", "94107"), ("UK", "sw1a1aa", "SW1A 1AA"), ("CA", "M5V-3A8", "M5V 3A8")],
)
def test_postcodes_are_those_of_their_country(api, country, postcode, kept):
    body = {**HOME, "country": country, "postcode": postcode}
    assert api.post(BOOK, body, format="json").json()["postcode"] == kept


def test_somebody_else_s_address_does_not_exist(api):
    other = add(people.customer("eve@example.com"))
    for odd in (other.pk, 999_999, 2**70):
        where = f"{BOOK}/{odd}"
        replies = [
            api.get(where), api.patch(where, {"city": "X"}, format="json"), api.delete(where),
        ]  # fmt: skip
        assert [reply.status_code for reply in replies] == [404] * 3
    other.refresh_from_db()
    assert other.city == "Toronto"
    assert api.get(BOOK).json() == []
    assert people.api().get(BOOK).status_code in {401, 403}


def test_a_client_cannot_write_whose_it_is(api, ada):
    eve = people.customer("eve@example.com")
    body = {**HOME, "user": eve.pk, "user_id": eve.pk, "id": 1, "created_at": "2000-01-01"}
    api.post(BOOK, body, format="json")
    row = Address.objects.get()
    assert (row.user_id, row.created_at.year) == (ada.pk, clock.now().year)


def test_a_book_has_room_for_twenty(ada):
    for _ in range(addresses.MAX_ADDRESSES):
        add(ada)
    with pytest.raises(Conflict) as refused:
        add(ada)
    assert refused.value.code == "too_many_addresses"
    assert sum(row.is_default for row in selectors.addresses_of(ada.pk)) == 1


def test_an_erased_person_leaves_no_address(ada):
    row = add(ada)
    services.anonymise_user(user_id=ada.pk, actor="system", reason="asked", at=clock.now())
    assert not Address.objects.exists()
    with pytest.raises(NotFound):
        selectors.address_of(row.pk, user_id=ada.pk)


def add_two_at_once(parallel, monkeypatch, user):
    """Let two writers count the book together before either writes."""
    barrier = threading.Barrier(2)
    plain = addresses._clear_default

    def clear(user_id):
        plain(user_id)
        with suppress(threading.BrokenBarrierError):  # the guard kept the other one waiting
            barrier.wait(patience(1))

    monkeypatch.setattr(addresses, "_clear_default", clear)
    return parallel(2, lambda _: add(user))


@pytest.mark.django_db(transaction=True)
def test_two_first_addresses_at_once_leave_one_default(parallel, monkeypatch):
    user = people.customer("two@example.com")
    results = add_two_at_once(parallel, monkeypatch, user)
    assert not any(isinstance(row, Exception) for row in results), results
    assert sorted(row.is_default for row in selectors.addresses_of(user.pk)) == [False, True]


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_owner_s_lock_two_first_addresses_collide(parallel, monkeypatch):
    user = people.customer("two@example.com")
    monkeypatch.setattr(addresses, "lock_one", lambda rows, *, what: rows.get())
    results = add_two_at_once(parallel, monkeypatch, user)
    assert sum(isinstance(row, Exception) for row in results) == 1
