"""Tills over HTTP: signed, counted once, in order where order matters, never below a promise."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory import selectors, services
from apps.inventory.models import Stock, StockMove, Till, TillChange, TillDelta
from apps.inventory.rules.till import keys_of, missing_ranges
from apps.inventory.services import till as taking
from apps.inventory.services.rows import write_move
from apps.inventory.states import TillState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from bakery.sandbox.till.client import CHANGES, DELTAS
from bakery.sandbox.till.client import Till as Counter
from tests.inventory.factories import AT, hold, make_slot, make_variant

KEYS = ["till-1:first-key", "till-1:next-key", "till-2:other-key"]


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.TILL_KEYS = KEYS


def counter(code: str = "till-1", key: str = "first-key") -> Counter:
    return Counter(address="", code=code, key=key)


def call(till: Counter, body: bytes, *, method: str = "POST", path: str = DELTAS, **headers):
    signed = till.headers(method, path, body) | headers
    signed.pop("Content-Type")
    client = Client(raise_request_exception=False)
    if method == "GET":
        return client.get(path, headers=signed)
    return client.post(path, body, content_type="application/json", headers=signed)


def send(till: Counter, *numbers: int):
    """Send the till's reports of these numbers, in this order."""
    deltas = [till.unconfirmed[number] for number in numbers]
    return call(till, json.dumps({"deltas": deltas}).encode()).json()


def states_of(reply) -> list[tuple[int, str, str]]:
    return [(row["seq"], row["state"], row["code"]) for row in reply["results"]]


def on_hand() -> int:
    return Stock.objects.get().on_hand


# --- who calls -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["first-key", "next-key"])
def test_both_keys_of_a_rotation_count(key):
    variant = make_variant(stock=10)
    till = counter(key=key)
    reply = send(till, till.sell(variant.sku, 3))
    assert states_of(reply) == [(1, "applied", "")]
    assert on_hand() == 7


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault", ["key", "body", "path", "stamp", "till", "none", "old", "new", "word", "nul"]
)
def test_a_bad_signature_is_401_and_leaves_no_trace(fault):
    variant = make_variant(stock=10)
    till = counter(key="wrong" if fault == "key" else "first-key")
    till.sell(variant.sku, 3)
    body = json.dumps({"deltas": list(till.unconfirmed.values())}).encode()
    off = {"old": -301, "new": 400}.get(fault, 0)
    headers = till.headers("POST", DELTAS, body, now=time.time() + off)
    sent = body.replace(b'"quantity": 3', b'"quantity": 9') if fault == "body" else body
    if fault == "path":
        headers = till.headers("POST", CHANGES, body)
    changed = {
        "stamp": {"X-Till-Timestamp": "1"},
        "till": {"X-Till": "till-2"},
        "none": {"X-Till-Signature": ""},
        "word": {"X-Till-Timestamp": "now"},
        "nul": {"X-Till-Signature": "v1=\u00e9\u00ff"},
    }.get(fault, {})
    headers.pop("Content-Type")
    reply = Client().post(DELTAS, sent, content_type="application/json", headers=headers | changed)
    assert reply.status_code == 401
    expected = "timestamp_invalid" if fault in ("old", "new") else "signature_invalid"
    assert reply.json()["error"]["code"] == expected
    assert (on_hand(), Till.objects.count(), TillDelta.objects.count()) == (10, 0, 0)


def test_a_key_belongs_to_its_till_and_an_empty_one_to_nobody():
    assert keys_of("till-1", KEYS) == ["first-key", "next-key"]
    assert keys_of("till-9", KEYS) == keys_of("", [*KEYS, ":x:y"])[1:] == []
    assert keys_of("till-3", ["till-3:", "till-3"]) == []


@pytest.mark.django_db
def test_size_and_rate_are_bounded(settings):
    till = counter()
    reply = call(till, b'{"deltas": [' + b" " * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b"]}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")
    too_many = json.dumps({"deltas": [{}] * 501}).encode()
    assert call(till, too_many).status_code == 400
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"till": "1/minute"}
    assert call(till, b"{}").status_code == 400
    assert call(till, b"{}").status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{", b'{"deltas": {}}', b'{"deltas": null}', b'{"deltas": NaN}',
     b'{"deltas": [], "deltas": []}', b'{"deltas": ["\\u0000"]}'],
)  # fmt: skip
def test_malformed_bodies_are_400(body):
    assert call(counter(), body).status_code == 400
    assert not TillDelta.objects.exists()


# --- what is reported ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_good_and_bad_reports_of_a_batch_have_their_own_results():
    variant, cake = make_variant(stock=10), make_variant(made_to_order=True)
    till = counter()
    good, unknown, cakes = till.sell(variant.sku), till.sell("NO-SUCH"), till.sell(cake.sku)
    spoilt = [
        {"seq": 0}, {"seq": 2**70}, {"seq": True}, {"quantity": -1}, {"quantity": 0},
        {"quantity": 1.0}, {"kind": "gift"}, {"occurred_at": "?"}, {"occurred_at": None},
        {"price": 3}, {"verified": 1}, {"sku": " "}, {"sku": "x" * 41},
    ]  # fmt: skip
    fine = till.unconfirmed[good] | {"seq": 4}
    wrong = [7, {}, {"seq": 9}, *(fine | change for change in spoilt)]
    deltas = [*wrong, *(till.unconfirmed[seq] for seq in (good, unknown, cakes))]
    reply = call(till, json.dumps({"deltas": deltas}).encode())
    assert reply.status_code == 200
    results = reply.json()["results"]
    assert [row["state"] for row in results[: len(wrong)]] == ["refused"] * len(wrong)
    assert {row["code"] for row in results[: len(wrong)]} == {"bad_delta"}
    assert [(row["state"], row["code"]) for row in results[len(wrong) :]] == [
        ("applied", ""), ("conflict", "unknown_sku"), ("applied", ""),
    ]  # fmt: skip
    assert Stock.objects.get(pk=variant.pk).on_hand == 9
    assert TillDelta.objects.count() == 3


@pytest.mark.django_db
def test_a_number_counts_once_and_never_stands_for_two_reports():
    variant = make_variant(stock=10)
    till = counter()
    first = till.sell(variant.sku, 2)
    assert send(till, first) == send(till, first, first) | {"results": send(till, first)["results"]}
    assert on_hand() == 8
    till.unconfirmed[first]["quantity"] = 5
    assert states_of(send(till, first)) == [(1, "refused", "seq_reused")]
    other = counter("till-2", "other-key")
    assert states_of(send(other, other.sell(variant.sku, 1))) == [(1, "applied", "")]
    assert on_hand() == 7
    assert selectors.ledger_differences() == []


@pytest.mark.django_db
def test_sales_are_applied_over_a_gap_which_is_reported():
    variant = make_variant(stock=20)
    till = counter()
    seqs = [till.sell(variant.sku) for _ in range(8)]
    reply = send(till, seqs[3], seqs[1], seqs[7])
    assert {state for _, state, _ in states_of(reply)} == {"applied"}
    assert (reply["received_up_to"], reply["missing"]) == (0, [[1, 1], [3, 3], [5, 7]])
    assert on_hand() == 17
    reply = send(till, 1, 3)
    assert (reply["received_up_to"], reply["missing"]) == (4, [[5, 7]])
    reply = send(till, 5, 6, 7)
    assert (reply["received_up_to"], reply["missing"]) == (8, [])
    assert on_hand() == 12


@given(st.sets(st.integers(1, 40)), st.integers(0, 20))
def test_gaps_and_known_numbers_are_everything(known, after):
    later = sorted(seq for seq in known if seq > after)
    gaps = missing_ranges(later, after=after)
    missing = {seq for first, last in gaps for seq in range(first, last + 1)}
    assert missing.isdisjoint(known)
    assert missing | set(later) == set(range(after + 1, (later[-1] if later else after) + 1))


@pytest.mark.django_db
def test_a_sale_that_finds_too_little_waits_for_the_gap_before_it_is_a_conflict():
    variant = make_variant(stock=1)
    till = counter()
    back, sale = till.take_back(variant.sku, 2), till.sell(variant.sku, 3)
    assert states_of(send(till, sale)) == [(2, "waiting", "")]
    assert states_of(send(till, back, sale)) == [(1, "applied", ""), (2, "applied", "")]
    assert on_hand() == 0
    assert states_of(send(till, till.sell(variant.sku))) == [(3, "conflict", "below_promised")]
    assert selectors.ledger_differences() == []


# --- counts --------------------------------------------------------------------------------------

SURE = {"verified": True, "reason": "closing", "counted_by": "Ana"}


def keep_by_till(variant) -> None:
    services.set_keeper(variant_id=variant.pk, kept_by="till", actor="user:1", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("quantity", [0, 4])
@pytest.mark.parametrize(
    ("kept", "given", "code"),
    [
        (False, SURE, "kept_by_platform"),
        (True, {}, "unverified_count"),
        (True, SURE | {"verified": False}, "unverified_count"),
        (True, SURE | {"counted_by": ""}, "unverified_count"),
        (True, SURE | {"reason": " "}, "unverified_count"),
    ],
)
def test_a_count_that_nobody_stands_for_is_never_written(quantity, kept, given, code):
    variant = make_variant(stock=10)
    if kept:
        keep_by_till(variant)
    till = counter()
    assert states_of(send(till, till.count(variant.sku, quantity, **given))) == [
        (1, "conflict", code)
    ]
    assert on_hand() == 10
    assert selectors.open_conflicts().get().quantity == quantity


@pytest.mark.django_db
def test_a_verified_count_of_what_the_till_keeps_is_applied_as_a_difference():
    variant = make_variant(stock=10)
    keep_by_till(variant)
    till = counter()
    assert states_of(send(till, till.count(variant.sku, 0, **SURE))) == [(1, "applied", "")]
    move = StockMove.objects.first()
    assert (move.delta_on_hand, move.reason, move.note) == (-10, "till_count", "closing")
    with pytest.raises(Conflict) as refused:
        services.adjust_stock(
            variant_id=variant.pk, delta=3, reason="counted", note="", actor="user:1", at=AT
        )
    assert refused.value.code == "kept_by_till"
    assert on_hand() == 0


@pytest.mark.django_db
def test_a_count_waits_for_what_came_before_and_keeps_what_came_after():
    variant, slot = make_variant(stock=10), make_slot()
    keep_by_till(variant)
    till = counter()
    first = till.sell(variant.sku, 2)
    counted = till.count(variant.sku, 7, **SURE)
    later = till.sell(variant.sku, 1)
    assert states_of(send(till, counted, later)) == [(2, "waiting", ""), (3, "applied", "")]
    web = hold({variant.pk: 1}, slot)
    services.consume_hold(reference=web, at=clock.now() + timedelta(seconds=1))
    assert states_of(send(till, first))[0] == (1, "applied", "")
    # 7 lay there after the sale of 2; a sale at the till and one on the web came later.
    assert on_hand() == 5
    assert TillDelta.objects.get(seq=counted).applied == -1
    assert selectors.ledger_differences() == []


# --- conflicts are a person's --------------------------------------------------------------------


def make_conflict(*, stock: int, promised: int, sold: int) -> TillDelta:
    variant = make_variant(stock=stock)
    if promised:
        hold({variant.pk: promised}, make_slot())
    till = counter()
    assert states_of(send(till, till.sell(variant.sku, sold))) == [
        (1, "conflict", "below_promised")
    ]
    return TillDelta.objects.get()


def resolve(delta: TillDelta, how: str, **more):
    return services.resolve_conflict(delta_id=delta.pk, how=how, actor="user:7", at=AT, **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("how", "more", "left", "state"),
    [
        ("apply", {}, 8, "applied"),
        ("ignore", {"note": "typed twice"}, 10, "ignored"),
        ("recount", {"counted": 9}, 9, "applied"),
    ],
)
def test_a_conflict_is_settled_once_and_told(how, more, left, state):
    delta = make_conflict(stock=10, promised=8, sold=5)
    assert resolve(delta, how, **more).state == state
    assert (on_hand(), delta.history.count()) == (left, 2)
    entry = AuditEntry.objects.filter(action="resolve_till_conflict").get()
    assert entry.changes["applied"] == [0, left - 10]
    with pytest.raises(Conflict):
        resolve(delta, how, **more)
    assert not selectors.open_conflicts().exists()
    assert selectors.ledger_differences() == []


@pytest.mark.django_db
def test_what_a_person_cannot_decide():
    delta = make_conflict(stock=10, promised=8, sold=5)
    for how, more in (
        ("forget", {}),
        ("ignore", {}),
        ("recount", {}),
        ("recount", {"counted": -1}),
    ):
        with pytest.raises(Invalid):
            resolve(delta, how, **more)
    with pytest.raises(Conflict) as refused:
        resolve(delta, "recount", counted=7)
    assert refused.value.code == "stock_promised"
    with pytest.raises(NotFound):
        services.resolve_conflict(delta_id=10**9, how="apply", actor="user:7", at=AT)
    delta.refresh_from_db()
    assert (delta.state, on_hand()) == (TillState.CONFLICT, 10)


@pytest.mark.django_db
def test_what_will_never_come_is_given_up_by_a_person_and_taken_if_it_comes():
    variant = make_variant(stock=1)
    till = counter()
    till.sell(variant.sku)
    short = till.sell(variant.sku, 3)
    assert states_of(send(till, short)) == [(2, "waiting", "")]
    row = Till.objects.get()
    for wrong in (0, 3):
        with pytest.raises(Invalid):
            services.abandon_missing(till_id=row.pk, up_to=wrong, actor="user:7", at=AT)
    services.abandon_missing(till_id=row.pk, up_to=2, actor="user:7", at=AT)
    assert TillDelta.objects.get(seq=2).state == TillState.CONFLICT
    assert states_of(send(till, 1)) == [(1, "applied", "")]
    assert on_hand() == 0


@pytest.mark.django_db
def test_what_a_dead_process_left_is_settled_by_the_sweep(monkeypatch):
    variant = make_variant(stock=5)
    till = counter()
    monkeypatch.setattr(taking, "settle_till", lambda *, till_id, at: 0)
    assert states_of(send(till, till.sell(variant.sku, 2))) == [(1, "waiting", "")]
    monkeypatch.undo()
    assert services.settle_all(at=AT) == 1
    assert services.settle_all(at=AT) == 0
    assert on_hand() == 3


# --- what tills read -----------------------------------------------------------------------------


def read(after: int | str = 0):
    path = f"{CHANGES}?after={after}"
    return call(counter(), b"", method="GET", path=path)


@pytest.mark.django_db
def test_a_till_learns_what_the_web_sold():
    variant, slot = make_variant(stock=10), make_slot()
    first = read().json()
    assert [(row["delta"], row["reason"]) for row in first["changes"]] == [(10, "baked")]
    reference = hold({variant.pk: 3}, slot)
    assert read(first["next"]).json() == {"changes": [], "next": first["next"]}
    services.consume_hold(reference=reference, at=AT)
    (row,) = read(first["next"]).json()["changes"]
    assert (row["sku"], row["delta"], row["on_hand"], row["available"]) == (variant.sku, -3, 7, 7)
    for wrong in ("-1", "x", "1.5", "9" * 30, ""):
        assert read(wrong).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_move_that_commits_late_is_not_passed_over(parallel):
    """Its id is the lower one; whoever remembers the highest id read would never see it."""
    early, late = make_variant(stock=1), make_variant(stock=1)
    services.publish_changes()
    start = TillChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    written, read_once = threading.Event(), threading.Event()

    def write(variant, pieces):
        # Without the audit entry, whose chain would make the two wait for each other.
        write_move(
            StockMove(
                variant_id=variant.pk, delta_on_hand=pieces, reason="baked",
                ref=f"bake-{variant.pk}", actor="user:1", at=AT,
            )
        )  # fmt: skip

    def work(number):
        if number == 0:
            with transaction.atomic():
                write(late, 5)
                written.set()
                assert read_once.wait(60)
            return None
        assert written.wait(60)
        write(early, 3)
        services.publish_changes()
        seen = [row.sku for row in selectors.changes_after(start)]
        read_once.set()
        return seen

    _, seen = parallel(2, work)
    assert seen == [early.sku]
    services.publish_changes()
    assert [row.sku for row in selectors.changes_after(start)] == [early.sku, late.sku]
    ids = list(TillChange.objects.order_by("pk").values_list("move_id", flat=True)[2:])
    assert ids == sorted(ids, reverse=True)


# --- many at once --------------------------------------------------------------------------------


def send_at_once(parallel, live_server, *, deltas, threads):
    till = Counter(address=live_server.url, code="till-1", key="first-key")
    return parallel(threads, lambda _: till.post(deltas)["results"][0]["state"])


@pytest.mark.django_db(transaction=True)
def test_one_report_from_many_connections_counts_once(parallel, live_server):
    variant = make_variant(stock=50)
    till = counter()
    till.sell(variant.sku, 2)
    deltas = list(till.unconfirmed.values())
    states = send_at_once(parallel, live_server, deltas=deltas, threads=8)
    assert set(states) == {"applied"}
    assert on_hand() == 48
    assert selectors.ledger_differences() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.control
def test_control_without_the_number_every_connection_counts(parallel, live_server, monkeypatch):
    """The guard is the unique number: with a fresh one for each arrival all of them count."""
    numbers = iter(range(1, 100))
    insert = taking.insert_unless_taken

    def insert_anyway(row):
        row.seq = next(numbers)
        return insert(row)

    monkeypatch.setattr(taking, "insert_unless_taken", insert_anyway)
    variant = make_variant(stock=50)
    till = counter()
    till.sell(variant.sku, 2)
    send_at_once(parallel, live_server, deltas=list(till.unconfirmed.values()), threads=8)
    assert on_hand() == 50 - 8 * 2
