"""W1: nobody but verified staff of the kitchen sees a byte of the board, nor after they left."""

import json
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.orders import consumers
from bakery.edge import access
from tests.accounts.people import customer, staff
from tests.live.conftest import session_of

pytestmark = pytest.mark.django_db(transaction=True)


def is_refused(board, **options) -> bool:
    """Whether the handshake fails, which is before any data."""
    try:
        with board(**options) as client:
            client.hear()
    except InvalidStatus as refusal:
        return refusal.response.status_code == 403
    return False


def test_the_kitchen_is_admitted(board):
    with board() as client:
        assert client.hear() == {
            "type": "events",
            "after": 0,
            "last": 0,
            "events": [],
            "plan": "#0",
        }


def test_those_who_may_not_see_it_are_refused_before_any_data(board):
    sessions = {
        "anonymous": None,
        "made up": "x" * 32,
        "customer": session_of(customer(), verified=False),
        "staff by password only": session_of(staff("decorator"), verified=False),
        "verified staff without the permission": session_of(staff("cashier")),
    }
    refused = {who: is_refused(board, session=key) for who, key in sessions.items()}
    assert all(refused.values()), refused


@pytest.mark.control
def test_control_with_a_weaker_rule_a_customer_gets_in(board, monkeypatch):
    monkeypatch.setattr(consumers, "RULE", access.SIGNED_IN)
    assert not is_refused(board, session=session_of(customer(), verified=False))


def test_another_persons_authenticator_does_not_count(board, kitchen):
    from django.contrib.sessions.models import Session
    from django_otp.plugins.otp_totp.models import TOTPDevice

    other = staff("manager")
    browser_session = session_of(other, verified=False)
    session = Session.objects.get(session_key=browser_session)
    store = session.get_session_store_class()(browser_session)
    store["otp_device_id"] = TOTPDevice.objects.get(user=kitchen).persistent_id
    store.save()
    assert is_refused(board, session=browser_session)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1:8000.evil.example",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8001",
        "http://[",
    ],
)
def test_other_origins_are_refused_with_a_good_session(board, origin):
    assert is_refused(board, origin=origin)


@pytest.mark.control
def test_control_without_the_origin_check_another_site_gets_in(board, monkeypatch):
    monkeypatch.setattr(consumers, "comes_from_our_pages", lambda scope: True)
    assert not is_refused(board, origin="https://evil.example")


def closing_code(client) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.hear(timeout=10)
    return closed.value.rcvd.code


def log_out(user, session):
    from django.contrib.sessions.models import Session

    Session.objects.filter(session_key=session).delete()


def disable(user, session):
    user.is_active = False
    user.save()


def change_password(user, session):
    user.set_password("another long password")
    user.save()


def leave_the_kitchen(user, session):
    user.groups.clear()


def lose_the_authenticator(user, session):
    user.totpdevice_set.all().delete()


@pytest.mark.parametrize(
    "end", [log_out, disable, change_password, leave_the_kitchen, lose_the_authenticator]
)
def test_an_open_board_closes_soon_after_its_right_ends(
    board, kitchen, kitchen_session, fast_board, end
):
    with board() as client:
        client.hear()
        end(kitchen, kitchen_session)
        assert closing_code(client) == consumers.SIGNED_OUT


def test_the_check_is_frequent_enough():
    assert consumers.SESSION_CHECK_S <= 30


def test_nothing_is_acknowledged_after_logout(board, kitchen, kitchen_session, paid_cake):
    order = paid_cake()
    with board() as client:
        client.hear()
        log_out(kitchen, kitchen_session)
        client.tell(type="ack", number=order.number)
        assert closing_code(client) == consumers.SIGNED_OUT
    order.refresh_from_db()
    assert order.acknowledged_at is None


def test_other_addresses_have_no_socket(live_sockets):
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus), connect(f"{live_sockets.ws_url}/ws/other/"):
        pass


@pytest.mark.parametrize(
    "frame",
    ["", "no json", "[]", '{"after": -1}', '{"after": true}', '{"after": "1"}', '{"type": "x"}'],
)
def test_nonsense_is_answered_and_the_board_goes_on(board, frame):
    with board() as client:
        client.hear()
        client.socket.send(frame)
        assert client.hear() == {"type": "error", "code": "malformed"}
        client.socket.send(b"\x00\xff")
        assert client.hear()["type"] == "error"
        client.tell(after=0)
        assert client.hear()["type"] == "events"


def test_a_flood_of_frames_ends_the_socket(board):
    with board() as client:
        for _ in range(consumers.MAX_FRAMES_PER_CHECK + 5):
            client.socket.send(json.dumps({"type": "beat"}))
        assert closing_code(client) == consumers.TOO_CHATTY


def test_plain_http_on_the_socket_process_is_a_404(live_sockets):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{live_sockets.url}/shop/", timeout=60)
    assert refused.value.code == 404
