"""A picture loses its background once, whoever is told how often, and people choose."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage, storages
from django.db import OperationalError

from apps.catalog import handlers, selectors, services
from apps.catalog.adapters import cutting, object_store
from apps.catalog.events import CutoutRequested, PictureStored
from apps.catalog.models import Cutout, CutoutTransition, Picture, Product
from apps.catalog.rules.cutout_verdict import FAILURES, LIMITS, REASONS, judge
from apps.catalog.services import cutouts
from apps.catalog.states import CutoutStatus
from bakery.edge import tasks
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.catalog.cutouts import CLEAN, DOUBTFUL, FakeCutter, make_picture, result
from tests.catalog.factories import AT
from tests.catalog.pictures import files
from tests.harness import patience

pytestmark = pytest.mark.usefixtures("storage")
DOWN = Unavailable("storage_unavailable", "down")


@pytest.fixture
def cutter(monkeypatch):
    """A stand-in for the net."""

    def use(*answers):
        fake = FakeCutter(*answers)
        monkeypatch.setattr(cutting, "cut", fake)
        return fake

    return use


def ask(picture, **fields):
    return services.request_cutout(picture_id=picture.pk, at=AT, actor="user:1", **fields)


def run(cutout, *, at=AT):
    services.run_cutout(cutout_id=cutout.pk, run=cutout.run, at=at)
    cutout.refresh_from_db()
    return cutout


def choose(picture, **fields):
    return services.choose_cutout(picture_id=picture.pk, at=AT, actor="user:1", **fields)


@pytest.mark.django_db
def test_a_new_picture_is_cut_out_by_a_worker_and_shown_by_nobody_yet(
    settings, cutter, drain_outbox
):
    settings.CUTOUT_AUTOMATIC = True
    fake = cutter()
    picture = make_picture()
    assert fake.calls == []
    drain_outbox()
    cutout = Cutout.objects.get(picture=picture)
    assert (cutout.status, cutout.score, cutout.reasons) == (CutoutStatus.DONE, 1.0, [])
    assert fake.calls == [storages["private"].open(picture.original_key).read()]
    assert storages["private"].open(cutout.png_key).read() == result().png
    assert OutboxMessage.objects.get(kind="catalog.cutout_requested").queue == "media"
    before, picture = picture, Picture.objects.get(pk=picture.pk)
    assert (picture.shown, picture.shown_renditions) == ("original", before.renditions)


@pytest.mark.django_db
def test_nothing_is_cut_out_by_itself_when_settings_say_so(settings, cutter, drain_outbox):
    settings.CUTOUT_AUTOMATIC = False
    make_picture()
    drain_outbox()
    assert not Cutout.objects.exists()


@pytest.mark.django_db
def test_a_picture_that_is_gone_by_then_stops_nothing(settings):
    settings.CUTOUT_AUTOMATIC = True
    gone = "3c0f2f5e-7a44-4a3e-9a6e-0f5b8f2f6d11"
    handlers.request_cutout(PictureStored(picture_id=gone), at=AT)
    handlers.cut_out(CutoutRequested(cutout_id=gone, run=1), at=AT)
    assert not Cutout.objects.exists()


@pytest.mark.django_db
def test_the_same_event_again_cuts_nothing(cutter):
    fake = cutter()
    cutout = run(ask(make_picture()))
    key, moves = cutout.png_key, CutoutTransition.objects.count()
    run(cutout)
    assert (len(fake.calls), cutout.png_key) == (1, key)
    assert CutoutTransition.objects.count() == moves


@pytest.mark.django_db
def test_asking_while_it_waits_or_runs_changes_nothing():
    picture = make_picture()
    first = ask(picture)
    assert ask(picture).run == first.run == 1
    assert OutboxMessage.objects.filter(kind="catalog.cutout_requested").count() == 1


@pytest.mark.django_db
def test_cutting_again_replaces_the_result_and_its_files(cutter):
    cutter(result(colour="purple"), result(DOUBTFUL, colour="green"))
    picture = make_picture()
    first = run(ask(picture))
    old = first.png_key, first.preview_key
    second = run(ask(picture))
    assert (second.run, second.status, second.reasons) == (2, "flagged", ["faint_edge"])
    assert not any(storages["private"].exists(key) for key in old)
    assert storages["private"].exists(second.png_key)
    assert [move.new for move in second.history.order_by("pk")] == [
        "running", "done", "queued", "running", "flagged"
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_stale_event_of_an_earlier_run_is_nobodys_business(cutter):
    fake = cutter()
    picture = make_picture()
    run(ask(picture))
    again = ask(picture)
    services.run_cutout(cutout_id=again.pk, run=1, at=AT)
    assert len(fake.calls) == 1
    assert Cutout.objects.get().status == CutoutStatus.QUEUED


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(FAILURES))
def test_every_failure_has_words_and_leaves_the_original_shown(code, cutter):
    cutter(cutting.CannotCut(code))
    picture = make_picture()
    before = files()
    cutout = run(ask(picture))
    assert (cutout.status, cutout.failure) == (CutoutStatus.FAILED, code)
    assert selectors.cutout_view(picture.pk).failure == FAILURES[code]
    assert files() == before
    product = Product.objects.get(pk=picture.product_id)
    assert default_storage.exists(product.image.name)
    assert ask(picture).status == CutoutStatus.QUEUED


@pytest.mark.django_db
def test_an_original_that_is_gone_is_a_failure_with_a_reason(cutter):
    cutter()
    picture = make_picture()
    object_store.discard([picture.original_key])
    assert run(ask(picture)).failure == "picture_missing"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("problem", "code"), [(DOWN, "storage_unavailable"), (MemoryError(), "failed")]
)
def test_what_may_pass_is_tried_again_and_then_given_up(problem, code, cutter):
    fake = cutter(problem)
    cutout = ask(make_picture())
    for _ in range(cutouts.MAX_STARTS):
        with pytest.raises(type(problem)):
            run(cutout)
    run(cutout)
    assert (len(fake.calls), cutout.status, cutout.failure) == (3, "failed", code)


@pytest.mark.django_db
def test_a_storage_that_comes_back_in_time_is_forgiven(cutter, drain_outbox, monkeypatch):
    fake = cutter(DOWN, result())
    picture = make_picture()
    ask(picture)
    drain_outbox()
    assert Cutout.objects.get().status == CutoutStatus.QUEUED
    OutboxMessage.objects.filter(done_at=None).update(not_before=AT)
    drain_outbox()
    assert (len(fake.calls), Cutout.objects.get().status) == (2, CutoutStatus.DONE)


@pytest.mark.django_db
def test_a_file_that_cannot_be_stored_leaves_none_behind(cutter, monkeypatch):
    cutter()
    picture = make_picture()
    cutout = ask(picture)
    before = files()
    store = object_store.save_cutout

    def second_fails(data, *, kind):
        if kind == "webp":
            raise DOWN
        return store(data, kind=kind)

    monkeypatch.setattr(object_store, "save_cutout", second_fails)
    with pytest.raises(Unavailable):
        run(cutout)
    cutout.refresh_from_db()
    assert (files(), cutout.status) == (before, CutoutStatus.QUEUED)


@pytest.mark.django_db
def test_files_stay_when_the_answer_to_a_commit_got_lost(cutter, monkeypatch):
    cutter()
    cutout = ask(make_picture())
    write = cutouts._write_result

    def written_and_then_lost(*arguments, **files):
        write(*arguments, **files)
        raise OperationalError("connection lost")

    monkeypatch.setattr(cutouts, "_write_result", written_and_then_lost)
    run(cutout)
    assert cutout.status == CutoutStatus.DONE
    assert storages["private"].exists(cutout.png_key)
    assert storages["private"].exists(cutout.preview_key)


def kill_in_the_middle(cutout, monkeypatch, *, at=AT):
    """Start the run and die: what the worker leaves is a claim and nothing else."""

    class Killed(BaseException):
        pass

    def die(data):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(cutting, "cut", die)
        with pytest.raises(Killed):
            services.run_cutout(cutout_id=cutout.pk, run=cutout.run, at=at)
    assert Cutout.objects.get(pk=cutout.pk).status == CutoutStatus.RUNNING


@pytest.mark.django_db
def test_what_a_killed_worker_left_is_taken_up_again_when_its_claim_is_over(cutter, monkeypatch):
    cutout = ask(make_picture())
    kill_in_the_middle(cutout, monkeypatch)
    fake = cutter()
    with pytest.raises(Conflict) as refused:
        run(cutout, at=AT + cutouts.CLAIM - timedelta(seconds=1))
    assert (refused.value.code, fake.calls) == ("cutout_running", [])
    run(cutout, at=AT + cutouts.CLAIM)
    assert (cutout.status, cutout.attempts) == (CutoutStatus.DONE, 2)


@pytest.mark.django_db
def test_a_picture_that_kills_every_worker_fails_in_the_end(cutter, monkeypatch):
    cutout = ask(make_picture())
    for start in range(cutouts.MAX_STARTS):
        kill_in_the_middle(cutout, monkeypatch, at=AT + start * cutouts.CLAIM)
    fake = cutter()
    run(cutout, at=AT + cutouts.MAX_STARTS * cutouts.CLAIM)
    assert (cutout.status, cutout.failure, fake.calls) == ("failed", "worker_died", [])


@pytest.mark.django_db
def test_a_worker_that_lost_its_claim_writes_nothing_and_leaves_no_file(monkeypatch):
    picture = make_picture()
    cutout = ask(picture)
    late = AT + cutouts.CLAIM

    def overtaken(data):
        monkeypatch.setattr(cutting, "cut", FakeCutter(result(colour="green")))
        services.run_cutout(cutout_id=cutout.pk, run=1, at=late)
        return result(colour="purple")

    monkeypatch.setattr(cutting, "cut", overtaken)
    run(cutout)
    assert storages["private"].open(cutout.png_key).read() == result(colour="green").png
    assert len([name for name in files() if name.startswith("cutouts/")]) == 2


@pytest.mark.django_db
def test_a_picture_removed_while_it_is_cut_leaves_no_file(monkeypatch):
    picture = make_picture()
    cutout = ask(picture)

    def removed_meanwhile(data):
        services.remove_picture(picture_id=picture.pk, at=AT)
        return result()

    monkeypatch.setattr(cutting, "cut", removed_meanwhile)
    services.run_cutout(cutout_id=cutout.pk, run=1, at=AT)
    assert (files(), Cutout.objects.count()) == ([], 0)


class Slow(FakeCutter):
    """Cuts only once two workers are at it, or after a moment's patience."""

    def __init__(self) -> None:
        super().__init__(result())
        self.meeting = threading.Barrier(2)

    def __call__(self, data):
        cut = super().__call__(data)
        try:
            self.meeting.wait(patience())
        except threading.BrokenBarrierError:
            return cut
        return cut


def two_workers(cutout, parallel):
    def work(_):
        services.run_cutout(cutout_id=cutout.pk, run=cutout.run, at=AT)

    return parallel(2, work)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_cuts(parallel, monkeypatch):
    monkeypatch.setattr(cutting, "cut", slow := Slow())
    cutout = ask(make_picture())
    outcomes = two_workers(cutout, parallel)
    assert len(slow.calls) == 1
    assert sorted(type(outcome) for outcome in outcomes if outcome) in ([], [Conflict])
    assert [move.new for move in cutout.history.order_by("pk")] == ["running", "done"]


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_two_workers_cut(parallel, monkeypatch):
    def take_blindly(cutout_id, *, run, at):
        found = Cutout.objects.select_related("picture").get(pk=cutout_id)
        return cutouts._Claim(found.pk, found.picture.original_key, found.pk, at, 0.0)

    monkeypatch.setattr(cutouts, "_take", take_blindly)
    monkeypatch.setattr(cutting, "cut", slow := Slow())
    two_workers(ask(make_picture()), parallel)
    assert len(slow.calls) == 2


@pytest.mark.django_db
def test_the_cutting_happens_outside_any_transaction(monkeypatch, cutter):
    from django.db import connection

    depths = []
    outer = len(connection.savepoint_ids)

    def look(data):
        depths.append(len(connection.savepoint_ids) - outer)
        return result()

    cutout = ask(make_picture())
    monkeypatch.setattr(cutting, "cut", look)
    run(cutout)
    assert depths == [0]


@pytest.mark.django_db
def test_the_chosen_cut_out_is_shown_in_all_sizes_and_the_original_comes_back(cutter):
    cutter()
    picture = make_picture()
    run(ask(picture))
    chosen = choose(picture)
    product = Product.objects.get(pk=picture.product_id)
    assert (chosen.shown, set(chosen.shown_renditions)) == ("cutout", {"webp", "jpeg"})
    assert product.image.name in chosen.shown_renditions["webp"].values()
    assert all(default_storage.exists(key) for key in chosen.shown_renditions["webp"].values())
    assert AuditEntry.objects.filter(action="choose_cutout").exists()
    back = services.show_original(picture_id=picture.pk, at=AT)
    assert (back.shown, back.shown_renditions) == ("original", picture.renditions)
    stored = files()
    assert choose(picture).shown_renditions == chosen.shown_renditions
    assert files() == stored


@pytest.mark.django_db
def test_a_doubtful_cut_out_is_shown_only_on_a_persons_word(cutter):
    cutter(result(DOUBTFUL))
    picture = make_picture()
    run(ask(picture))
    before = files()
    with pytest.raises(Conflict) as refused:
        choose(picture)
    assert refused.value.code == "cutout_flagged"
    assert refused.value.details == {"reasons": ["faint_edge"], "score": 0.286}
    assert files() == before
    assert choose(picture, accept_flagged=True).shown == "cutout"
    entry = AuditEntry.objects.get(action="accept_flagged_cutout")
    assert entry.changes["reasons"] == [None, ["faint_edge"]]


@pytest.mark.django_db
def test_nothing_unfinished_can_be_chosen(cutter):
    cutter(cutting.CannotCut("nothing_found"))
    picture = make_picture()
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            choose(picture)
        assert refused.value.code == "cutout_not_ready"
        run(ask(picture))
    with pytest.raises(NotFound):
        services.choose_cutout(picture_id=Cutout.objects.get().pk, at=AT)
    with pytest.raises(NotFound):
        services.request_cutout(picture_id=Cutout.objects.get().pk, at=AT)


@pytest.mark.django_db
def test_a_result_that_came_in_between_is_not_chosen_unseen(cutter, monkeypatch):
    cutter(result(colour="purple"), result(colour="green"))
    picture = make_picture()
    run(ask(picture))
    encode = cutting.renditions_of

    def meanwhile(png):
        run(ask(picture))
        return encode(png)

    monkeypatch.setattr(cutting, "renditions_of", meanwhile)
    with pytest.raises(Conflict) as refused:
        choose(picture)
    assert refused.value.code == "cutout_changed"
    assert Picture.objects.get().shown == "original"
    assert len([name for name in files() if name.startswith("products/")]) == 2


@pytest.mark.django_db
def test_a_new_cut_out_takes_the_place_of_the_shown_one_when_chosen(cutter):
    cutter(result(colour="purple"), result(colour="green"))
    picture = make_picture()
    run(ask(picture))
    old = choose(picture).shown_renditions
    run(ask(picture))
    shown = Picture.objects.get()
    assert shown.shown_renditions == old, "until somebody chooses, the shop shows what it showed"
    assert all(default_storage.exists(key) for key in old["webp"].values())
    new = choose(picture).shown_renditions
    assert new != old
    assert not any(default_storage.exists(key) for key in old["webp"].values())


@pytest.mark.django_db
def test_the_sweep_of_orphans_knows_the_files_of_cut_outs(cutter):
    cutter()
    picture = make_picture()
    run(ask(picture))
    choose(picture)
    stray = object_store.save_cutout(b"x", kind="png")
    report = services.remove_orphans(at=AT + timedelta(days=3650), grace=timedelta(0))
    assert report.orphans == [stray]


@pytest.mark.django_db
def test_media_has_workers_of_its_own():
    from bakery.celery import app

    routes = app.conf.task_routes
    assert routes["bakery.edge.tasks.relay_media"] == {"queue": "media"}
    assert outbox.MEDIA not in outbox.SWEPT
    ask(make_picture())
    assert tasks.sweep_outbox() >= 1
    assert OutboxMessage.objects.get(kind="catalog.cutout_requested").attempts == 0


def test_a_score_falls_with_every_measure_and_passes_up_to_the_limit():
    assert judge(CLEAN).score == 1
    for name, limit in LIMITS.items():
        at_limit = judge({**CLEAN, name: limit})
        assert (at_limit.score, at_limit.reasons) == (0.5, ())
        over = judge({**CLEAN, name: limit * 1.5})
        assert over.score < 0.5
        assert over.reasons == (name,)
    worst = judge({**CLEAN, "unsure": LIMITS["unsure"] * 2, "holes": LIMITS["holes"] * 4})
    assert worst.reasons == ("holes", "unsure")
    assert REASONS.keys() == LIMITS.keys()
