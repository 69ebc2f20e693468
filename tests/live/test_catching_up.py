"""W2: whatever breaks in between, a board that caught up has every event exactly once, in order."""

import json
import threading
from contextlib import suppress

import pytest
from django.db import connections, transaction

from apps.orders import selectors, services
from apps.orders.adapters import board_hint
from apps.orders.models import BoardEvent, Order
from apps.orders.services import board as board_service
from apps.orders.services.board import append_board_event
from apps.orders.states import BoardKind
from bakery.kernel import clock
from bakery.sandbox.engines.ports import find_free_port
from tests.harness import LiveSockets, patience

pytestmark = pytest.mark.django_db(transaction=True)


def append(order, count=1) -> None:
    for _ in range(count):
        with transaction.atomic():
            append_board_event(order, BoardKind.STATUS, at=clock.now())


def append_many(order, count, *, padding=0) -> None:
    """As `append`, in one statement and without hints."""
    ticket, at = {**selectors.ticket_of(order), "padding": "x" * padding}, clock.now()
    BoardEvent.objects.bulk_create(
        BoardEvent(order=order, kind=BoardKind.STATUS, payload=ticket, at=at) for _ in range(count)
    )


def all_seqs(after=0) -> list[int]:
    rows = BoardEvent.objects.filter(seq__gt=after).order_by("seq")
    return list(rows.values_list("seq", flat=True))


def test_a_paid_order_comes_at_once_by_a_hint(board, sandbox, paid_cake, monkeypatch):
    """Polling is switched off, so that only the hint can have brought it."""
    from apps.orders import consumers
    from bakery.kernel import outbox

    monkeypatch.setattr(consumers, "POLL_S", 600)
    with board() as client:
        client.hear()
        order = paid_cake("Joyeux anniversaire, Zoë! 🎂")
        worker = threading.Thread(
            target=lambda: (outbox.drain("critical"), connections.close_all())
        )
        worker.start()
        client.until(lambda: order.number in client.orders, within=60)
        worker.join()
    [line] = client.orders[order.number]["lines"]
    assert line["message"] == "Joyeux anniversaire, Zoë! 🎂"


def test_two_minutes_offline_are_replayed_in_batches(board, paid_cake):
    order = paid_cake()
    with board() as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        stand = client.last
    append_many(order, 250)
    with board(after=stand) as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        assert client.seqs == all_seqs(after=stand)
        assert len(client.seqs) == 250


@pytest.mark.control
def test_control_without_replay_what_happened_meanwhile_is_missed(board, paid_cake, monkeypatch):
    order, real = paid_cake(), selectors.board_updates
    stand = selectors.last_board_seq()
    append_many(order, 5)

    def only_new(*, after_seq, limit):
        del after_seq
        return real(after_seq=selectors.last_board_seq(), limit=limit)

    monkeypatch.setattr(selectors, "board_updates", only_new)
    with board(after=stand) as client:
        told = json.loads(client.socket.recv(5))
    assert told["events"] == []
    assert told["after"] != stand, "which is how a board notices it"
    assert len(all_seqs(after=stand)) == 5


def test_a_lost_hint_costs_seconds_and_no_event(board, paid_cake, fast_board):
    order = paid_cake()
    with board() as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        append(order, 3)  # and nobody carries out the outbox: no hint
        client.until(lambda: len(client.seqs) == len(all_seqs()))
        assert client.seqs == all_seqs()


@pytest.fixture
def own_valkey(valkey_server_factory, settings, live_sockets):
    """Channels on a Valkey of its own, to be killed."""
    engine = valkey_server_factory()
    layers = settings.CHANNEL_LAYERS["default"]
    address = {"address": f"redis://127.0.0.1:{engine.port}/0", "socket_timeout": None}
    settings.CHANNEL_LAYERS = {
        "default": {**layers, "CONFIG": {**layers["CONFIG"], "hosts": [address]}}
    }
    return engine


@pytest.mark.fault
def test_the_broker_dies_and_returns_while_the_socket_stays(
    own_valkey, board, paid_cake, fast_board, wait_until, monkeypatch
):
    order = paid_cake()
    with board() as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        own_valkey.kill()
        append(order, 2)
        assert not board_hint.announce(selectors.last_board_seq())
        client.until(lambda: len(client.seqs) == len(all_seqs()))  # by looking

        own_valkey.start()
        wait_until(lambda: board_hint.announce(0))
        append(order, 2)
        client.until(lambda: len(client.seqs) == len(all_seqs()))
        assert client.seqs == all_seqs()


@pytest.mark.fault
def test_hints_work_again_after_the_broker_returned(
    own_valkey, board, paid_cake, wait_until, monkeypatch
):
    """As above with polling all but switched off, so that only a hint can have brought it."""
    from apps.orders import consumers

    monkeypatch.setattr(consumers, "POLL_S", 600)
    order = paid_cake()
    with board() as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        own_valkey.kill()
        own_valkey.start()
        append(order)

        def told() -> bool:
            board_hint.announce(selectors.last_board_seq())
            with suppress(TimeoutError):
                client.hear(timeout=0.2)
            return client.seqs == all_seqs()

        wait_until(told, within=60)


def test_a_client_that_does_not_read_gets_everything_when_it_does(board, paid_cake, fast_board):
    order = paid_cake("x" * 100)
    with board() as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        # More than the buffers of both ends hold.
        append_many(order, 1200, padding=5000)
        with board() as other:  # meanwhile another board is served
            other.until(lambda: other.last == selectors.last_board_seq(), within=60)
        client.until(lambda: client.last == selectors.last_board_seq(), within=60)
        assert client.seqs == all_seqs() == other.seqs


def test_the_live_process_dies_and_returns(board, paid_cake, live_sockets):
    order = paid_cake()
    port = find_free_port()
    with LiveSockets(port) as first, board(url=first.ws_url) as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        stand, seen = client.last, client.seqs
    append(order, 5)
    with LiveSockets(port) as second, board(url=second.ws_url, after=stand) as client:
        client.until(lambda: client.last == selectors.last_board_seq())
        assert seen + client.seqs == all_seqs()


def test_writers_in_parallel_are_seen_in_order(board, paid_cake, parallel, fast_board):
    orders = [paid_cake() for _ in range(4)]
    with board() as client:
        writing = threading.Thread(
            target=lambda: parallel(4, lambda number: append(orders[number], 25))
        )
        writing.start()
        client.until(lambda: len(client.seqs) == 104, within=60)
        writing.join()
        assert client.seqs == all_seqs()


def two_commits_out_of_order(order, wait_until) -> list[int]:
    """Take a number, let another transaction take and commit the next; return what a reader got."""
    first_has_number, second_is_done = threading.Event(), threading.Event()
    reader_looked = threading.Event()

    def first() -> None:
        with transaction.atomic():
            append_board_event(order, BoardKind.STATUS, at=clock.now())
            first_has_number.set()
            # With the lock the second cannot be done before this commits.
            if second_is_done.wait(patience(1)):
                reader_looked.wait(60)
        connections.close_all()

    def second() -> None:
        append(order)
        second_is_done.set()
        connections.close_all()

    start = selectors.last_board_seq()
    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert first_has_number.wait(60)
    threads[1].start()
    seen: list[int] = []
    while len(seen) < 2:
        last, was_done = seen[-1] if seen else start, second_is_done.is_set()
        seen += [row.seq for row in selectors.board_events(after_seq=last)]
        if was_done:
            reader_looked.set()
        if not any(thread.is_alive() for thread in threads):
            seen += [row.seq for row in selectors.board_events(after_seq=seen[-1])]
            break
        second_is_done.wait(0.02)
    for thread in threads:
        thread.join()
    return seen


def test_a_number_never_becomes_visible_after_a_higher_one(paid_cake, wait_until):
    order = paid_cake()
    before = selectors.last_board_seq()
    assert two_commits_out_of_order(order, wait_until) == all_seqs(after=before)


@pytest.mark.control
def test_control_without_the_lock_a_reader_misses_an_event(paid_cake, wait_until, monkeypatch):
    monkeypatch.setattr(board_service, "advisory_lock", lambda name: None)
    order = paid_cake()
    before = selectors.last_board_seq()
    assert two_commits_out_of_order(order, wait_until) != all_seqs(after=before)


def test_acknowledging_over_the_socket_reaches_every_board_and_ends_the_alert(
    board, sandbox, kitchen, paid_cake, drain_outbox, fast_board
):
    from apps.notifications import selectors as notifications

    order = paid_cake()
    drain_outbox()

    def is_seen(client) -> bool:
        return bool(client.orders.get(order.number, {}).get("acknowledged_at"))

    with board() as one, board() as two:
        one.tell(type="ack", number=order.number)
        for client in (one, two):
            client.until(lambda client=client: is_seen(client))
        one.tell(type="ack", number=order.number)  # twice is once
        one.tell(type="ack", number="B-nothing")
        one.until(lambda: bool(one.other))
    assert one.other == [{"type": "error", "code": "order_not_found", "number": "B-nothing"}]
    alert = notifications.alert_of(f"cake-order:{order.number}")
    assert alert.acknowledged_by == f"user:{kitchen.pk}"
    assert BoardEvent.objects.filter(order=order, kind=BoardKind.ACKNOWLEDGED).count() == 1


def test_an_acknowledgement_by_text_reaches_the_board(
    board, sandbox, paid_cake, drain_outbox, fast_board
):
    from apps.notifications import services as notifications

    order = paid_cake()
    drain_outbox()
    key = f"cake-order:{order.number}"
    assert notifications.acknowledge_alert(key=key, by="link:…0101", at=clock.now())
    drain_outbox()
    with board() as client:
        client.until(lambda: bool(client.orders.get(order.number, {}).get("acknowledged_at")))
    assert client.orders[order.number]["acknowledged_by"] == "link:…0101"


def test_the_server_beats_and_drops_a_client_that_is_silent(board, monkeypatch):
    from websockets.exceptions import ConnectionClosed

    from apps.orders import consumers

    monkeypatch.setattr(consumers, "BEAT_S", 0.1)
    monkeypatch.setattr(consumers, "SILENCE_S", 0.5)
    with board() as client:
        for _ in range(8):
            while client.hear()["type"] != "beat":
                continue
            client.tell(type="beat")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                client.hear()
    assert closed.value.rcvd.code == consumers.SILENT


def test_no_socket_holds_a_database_connection_of_its_own(board, app_role_connection, fast_board):
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with board() as first:
        first.hear()
        before = app_role_connection.execute(count).fetchone()[0]
        with board() as a, board() as b, board() as c, board() as d:
            for client in (a, b, c, d):
                client.hear()
            assert app_role_connection.execute(count).fetchone()[0] <= before


def test_the_statuses_on_the_board_are_those_of_the_orders(board, kitchen, paid_cake, fast_board):
    order = paid_cake()
    actor = f"user:{kitchen.pk}"
    with board() as client:
        services.start_production(order_id=order.pk, actor=actor, at=clock.now())
        services.mark_ready(order_id=order.pk, actor=actor, at=clock.now())
        client.until(lambda: client.orders.get(order.number, {}).get("status") == "ready")
    assert Order.objects.get(pk=order.pk).status == "ready"


def test_a_board_that_is_ahead_of_a_restored_database_is_told_to_start_afresh(board, paid_cake):
    paid_cake()
    with board(after=selectors.last_board_seq() + 1000) as client:
        assert client.hear() == {"type": "reset"}
        client.last = 0
        client.tell(after=0)
        client.until(lambda: client.seqs == all_seqs())
