"""The evidence of a dispute: what is in it, that it is frozen once, and that it can be proved."""

import hashlib
import io
import json
import threading
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages

from apps.loyalty.selectors import points_balance
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.states import OrderStatus
from apps.payments import services
from apps.payments.models import Dispute, EvidenceArchive
from apps.payments.rules.disputes import time_left
from apps.payments.services import dispute_news, evidence
from bakery.kernel import clock, outbox
from bakery.kernel.errors import NotFound
from tests.accounts.people import customer as make_customer
from tests.payments.factories import deliver, events_of, pay_at_stripe, place_now

pytestmark = pytest.mark.usefixtures("storage")
CREATED = "charge.dispute.created"


@pytest.fixture
def make_disputed(sandbox, client):
    """Make an order that was paid and then disputed, as far as the database knows."""

    def make(**options) -> Dispute:
        order = place_now(**options)
        order.lines.update(message="Happy birthday")
        session_id = pay_at_stripe(sandbox, order)
        deliver(client, *events_of(sandbox, "checkout.session.completed"))
        outbox.drain(outbox.CRITICAL)
        stripe_id = sandbox.stripe.open_dispute(session=session_id)["id"]
        dispute_news.learn_dispute(dispute_id=stripe_id, at=clock.now())
        return Dispute.objects.get(order=order)

    return make


def unpack(dispute: Dispute) -> dict[str, bytes]:
    data = services.read_evidence(dispute_id=dispute.pk, by="user:1", at=clock.now())
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def kept_files() -> int:
    _, files = storages["private"].listdir("disputes")
    return len(files)


@pytest.mark.django_db
def test_the_archive_holds_the_order_and_stays_as_it_was(make_disputed, drain_outbox):
    dispute = make_disputed()
    drain_outbox()
    archive = EvidenceArchive.objects.get()
    files = unpack(dispute)
    assert {"order.json", "timeline.json", "messages.json", "payments.json", "summary.pdf"} < set(
        files
    )
    assert files["summary.pdf"].startswith(b"%PDF-")
    order = json.loads(files["order.json"])
    assert order["number"] == dispute.order.number
    assert order["lines"][0]["message"] == "Happy birthday"
    receipts = [name for name in files if name.startswith("receipts/")]
    assert len(receipts) == 1
    assert any(
        "receipt" in row["kind"] or row["subject"] for row in json.loads(files["messages.json"])
    )
    manifest = json.loads(files["manifest.json"])
    assert manifest["missing"] == []
    assert {row["path"]: row["sha256"] for row in manifest["files"]} == {
        path: hashlib.sha256(data).hexdigest()
        for path, data in files.items()
        if path != "manifest.json"
    }
    # Whatever happens to the order now does not reach it.
    Order.objects.filter(pk=dispute.order_id).update(customer_name="Somebody else")
    assert services.freeze_evidence(dispute_id=dispute.pk, at=clock.now()).pk == archive.pk
    assert unpack(dispute) == files
    assert services.verify_evidence(dispute_id=dispute.pk).valid
    # Whoever has a link opens the order with it: none leaves the house.
    assert b"https://checkout" not in files["payments.json"]
    assert b"://" not in files["messages.json"]


@pytest.mark.django_db
def test_a_changed_archive_is_found_out(make_disputed):
    dispute = make_disputed()
    archive = services.freeze_evidence(dispute_id=dispute.pk, at=clock.now())
    path = storages["private"].path(archive.key)
    with zipfile.ZipFile(path) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    files["order.json"] = files["order.json"].replace(b"Happy", b"Sorry")
    files["alibi.txt"] = b"I was elsewhere."
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    verdict = services.verify_evidence(dispute_id=dispute.pk)
    assert not verdict.valid
    assert "order.json was changed" in verdict.reasons
    assert "alibi.txt was added" in verdict.reasons
    with pytest.raises(NotFound) as refused:
        services.read_evidence(dispute_id=dispute.pk, by="user:1", at=clock.now())
    assert refused.value.code == "evidence_changed"
    Path(path).write_bytes(b"no archive")
    assert "it is no readable ZIP file" in services.verify_evidence(dispute_id=dispute.pk).reasons
    storages["private"].delete(archive.key)
    assert not services.verify_evidence(dispute_id=dispute.pk).valid


@pytest.mark.django_db
def test_a_file_that_unpacks_to_much_more_is_not_unpacked(make_disputed, monkeypatch):
    monkeypatch.setattr(evidence, "draw_page", lambda **_: b"%PDF-")
    dispute = make_disputed()
    archive = services.freeze_evidence(dispute_id=dispute.pk, at=clock.now())
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("order.json", "other.json"):
            packed.writestr(name, bytes(60_000_000))
    Path(storages["private"].path(archive.key)).write_bytes(bomb.getvalue())
    tracemalloc.start()
    try:
        verdict = services.verify_evidence(dispute_id=dispute.pk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {"order.json was changed", "other.json was added"} <= set(verdict.reasons)
    assert peak < 20_000_000


@pytest.fixture
def together(monkeypatch):
    """Let both workers gather before either keeps what it found; drawing is left out."""
    both = threading.Barrier(2, timeout=60)
    gather = evidence._gather

    def gather_and_wait(dispute, *, at):
        found = gather(dispute, at=at)
        both.wait()
        return found

    monkeypatch.setattr(evidence, "_gather", gather_and_wait)
    monkeypatch.setattr(evidence, "draw_page", lambda **_: b"%PDF-")


def _freeze_at_once(parallel, dispute):
    return parallel(2, lambda _: services.freeze_evidence(dispute_id=dispute.pk, at=clock.now()))


@pytest.mark.django_db(transaction=True)
def test_two_workers_freeze_one_archive(make_disputed, parallel, together):
    dispute = make_disputed()
    results = _freeze_at_once(parallel, dispute)
    assert len({archive.pk for archive in results}) == 1
    assert EvidenceArchive.objects.count() == kept_files() == 1
    assert services.verify_evidence(dispute_id=dispute.pk).valid


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_giving_way_the_second_archive_breaks(
    make_disputed, parallel, together, monkeypatch
):
    """The guard off: a plain insert. The second one fails, and its file stays."""

    def keep(archive):
        archive.save(force_insert=True)
        return archive

    monkeypatch.setattr(evidence, "_keep", keep)
    dispute = make_disputed()
    results = _freeze_at_once(parallel, dispute)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert kept_files() == 2


@pytest.mark.django_db
def test_what_an_event_failed_to_freeze_is_frozen_later(make_disputed, monkeypatch):
    monkeypatch.setattr(evidence, "draw_page", lambda **_: b"%PDF-")
    dispute = make_disputed()
    assert services.freeze_missing(at=dispute.opened_at + timedelta(minutes=5)) == 0
    assert services.freeze_missing(at=dispute.opened_at + timedelta(minutes=11)) == 1
    assert services.freeze_missing(at=dispute.opened_at + timedelta(minutes=12)) == 0


@pytest.mark.django_db
def test_the_prepared_answer_says_what_was_sold_and_how_it_was_handed_over(make_disputed):
    dispute = make_disputed()
    at = clock.now()
    Order.objects.filter(pk=dispute.order_id).update(status=OrderStatus.READY)
    order_services.mark_collected(
        order_id=dispute.order_id, actor="user:1", at=at, **_shown(dispute)
    )
    texts = services.prepare_answer(dispute_id=dispute.pk, at=at)
    assert texts["customer_name"] == dispute.order.customer_name
    assert "Happy birthday" in texts["product_description"]
    assert "Handed over" in texts["uncategorized_text"]
    assert texts["refund_refusal_explanation"] == "No refund was given for this order."
    kept = services.save_draft(
        dispute_id=dispute.pk, answer={"customer_name": "Mine"}, by="user:1", at=at
    )
    assert services.prepare_answer(dispute_id=kept.pk, at=at) == {"customer_name": "Mine"}


def _shown(dispute: Dispute) -> dict[str, object]:
    return {"proof": order_services.Proof(code=dispute.order.pickup_code)}


@pytest.mark.django_db
@pytest.mark.parametrize("collected_first", [True, False])
def test_a_lost_payment_takes_its_points_back(
    make_disputed, sandbox, drain_outbox, collected_first, monkeypatch
):
    """Whether the goods were handed out before the loss or after it."""
    monkeypatch.setattr(evidence, "draw_page", lambda **_: b"%PDF-")
    ada = make_customer()
    dispute = make_disputed()
    Order.objects.filter(pk=dispute.order_id).update(status=OrderStatus.READY, user=ada)

    def collect():
        order_services.mark_collected(
            order_id=dispute.order_id, actor="user:1", at=clock.now(), **_shown(dispute)
        )

    if collected_first:
        collect()
        assert points_balance(ada.pk, at=clock.now()).spendable > 0
    sandbox.stripe.decide_dispute(dispute.stripe_id, "lost")
    dispute_news.learn_dispute(dispute_id=dispute.stripe_id, at=clock.now())
    if not collected_first:
        collect()
    drain_outbox()
    assert points_balance(ada.pk, at=clock.now()).spendable == 0


@pytest.mark.parametrize(
    ("left", "words", "level"),
    [
        (timedelta(days=6, hours=3), "6 days left", "calm"),
        (timedelta(days=3), "3 days left", "soon"),
        (timedelta(days=1), "1 day left", "soon"),
        (timedelta(hours=23, minutes=59), "23 hours left", "urgent"),
        (timedelta(minutes=59), "59 minutes left", "urgent"),
        (timedelta(0), "past due", "late"),
        (timedelta(days=-2), "past due", "late"),
    ],
)
def test_time_left_in_words(left, words, level):
    now = clock.now()
    assert time_left(now + left, at=now) == (words, level)
