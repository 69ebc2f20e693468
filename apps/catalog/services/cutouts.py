"""Removing backgrounds: asked for, carried out by a worker, and chosen by a person.

The cutting itself happens outside any transaction, between a claim that one worker wins and a
result that only the holder of the claim may write. The original is never touched, and whatever
goes wrong leaves the shop showing what it showed.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError, transaction

from apps.catalog.adapters import cutting, object_store
from apps.catalog.adapters.pictures import MAX_BYTES
from apps.catalog.events import CutoutRequested
from apps.catalog.models import Cutout, Picture
from apps.catalog.rules.cutout_verdict import judge
from apps.catalog.rules.renditions import Renditions, keys_of
from apps.catalog.services import gallery
from apps.catalog.services.pictures import store_renditions
from apps.catalog.states import CUTOUT_LIFE, CutoutStatus
from bakery.kernel import audit, outbox, states
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from bakery.kernel.locks import lock_one

# Longer than any worker is let alive with one picture (the time limit of its task), so that a
# claim that has run out belongs to nobody.
CLAIM = timedelta(seconds=90)
MAX_STARTS = 3
WORKER = "system:media"
# It may have broken while committing: the row may be there, so its files stay. If it is not, the
# sweep of orphans finds them.
_BROKEN_CONNECTION = (InterfaceError, OperationalError)
_OPEN = (CutoutStatus.QUEUED, CutoutStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class _Claim:
    """One start of one run: what to cut, and by what right its result is written."""

    cutout_id: UUID
    original_key: str
    token: UUID
    at: datetime
    started: float

    def now(self) -> datetime:
        """Return the moment, as the start's and what has passed since."""
        return self.at + timedelta(seconds=time.monotonic() - self.started)


def request_cutout(*, picture_id: UUID, at: datetime, actor: str = "system") -> Cutout:
    """Have a picture cut out, anew when it was before; a result that exists stays until then.

    Asking while it waits or runs changes nothing. Raises `NotFound`.
    """
    with transaction.atomic():
        picture = lock_one(Picture.objects.filter(pk=picture_id), what="picture")
        cutout = Cutout.objects.select_for_update().filter(picture=picture).first()
        if cutout is None:
            cutout = Cutout.objects.create(picture=picture, requested_at=at, actor=actor)
        elif cutout.status in _OPEN:
            return cutout
        else:
            states.transition(
                cutout,
                machine=CUTOUT_LIFE,
                to=CutoutStatus.QUEUED,
                actor=actor,
                at=at,
                reason="asked for again",
                run=cutout.run + 1,
                attempts=0,
                requested_at=at,
            )
        _record(cutout, "request_cutout", {"run": [None, cutout.run]}, actor=actor, at=at)
        event = CutoutRequested(cutout_id=str(cutout.pk), run=cutout.run)
        outbox.emit(event, key=f"{cutout.pk}:{cutout.run}", at=at)
    return cutout


def run_cutout(*, cutout_id: UUID, run: int, at: datetime) -> None:
    """Carry out one run; of any number of workers told to, one does it, and once.

    Raises `Conflict` ``cutout_running`` while another worker is at it, and whatever came in the
    way (a storage that is down) as long as trying again makes sense: after `MAX_STARTS` the
    cut-out has failed, with a reason for people.
    """
    claim = _take(cutout_id, run=run, at=at)
    if claim is None:
        return
    try:
        cut = cutting.cut(_original(claim.original_key))
        _keep(claim, cut)
    except cutting.CannotCut as problem:
        _fail(claim, problem.code)
    except Unavailable as problem:
        _give_back(claim, "storage_unavailable", problem)
    except Exception as problem:  # noqa: BLE001 - given back and raised again, or failed for good
        _give_back(claim, "failed", problem)


def choose_cutout(
    *, picture_id: UUID, at: datetime, actor: str = "system", accept_flagged: bool = False
) -> Picture:
    """Show the picture without its background, in the shop too if it is the product's first.

    Raises `NotFound`, `Unavailable`, `Conflict`: ``cutout_not_ready``; ``cutout_flagged`` for a
    doubtful one unless a person who looked says so by ``accept_flagged``; ``cutout_changed`` when
    a new result came in between.
    """
    cutout = _ready(picture_id, accept_flagged=accept_flagged)
    stored: list[str] = []
    try:
        renditions = cutout.renditions or _publish(cutout, stored)
        with transaction.atomic():
            # The product before the picture before the cut-out, as everywhere.
            before = Picture.objects.get(pk=picture_id).shown_renditions
            picture = gallery.apply_renditions(
                product_id=int(cutout.picture.product_id or 0),
                picture_id=picture_id,
                renditions=renditions,
                at=at,
                actor=actor,
            )
            _note_choice(cutout, renditions, actor=actor, at=at)
    except _BROKEN_CONNECTION:
        raise
    except BaseException:
        object_store.discard(stored)
        raise
    _discard_unshown(keys_of(before), picture=picture, kept=renditions)
    return picture


def _ready(picture_id: UUID, *, accept_flagged: bool) -> Cutout:
    cutout = (
        Cutout.objects.select_related("picture")
        .filter(picture_id=picture_id, picture__product__isnull=False)
        .first()
    )
    if cutout is None and not Picture.objects.filter(pk=picture_id).exists():
        raise NotFound("picture_not_found", "There is no such picture.")
    if cutout is None or cutout.status not in {CutoutStatus.DONE, CutoutStatus.FLAGGED}:
        raise Conflict("cutout_not_ready", "There is no finished cut-out of this picture.")
    if cutout.status == CutoutStatus.FLAGGED and not accept_flagged:
        raise Conflict(
            "cutout_flagged",
            "This cut-out is doubtful. Look at it, and say that you want it all the same.",
            details={"reasons": cutout.reasons, "score": cutout.score},
        )
    return cutout


def _publish(cutout: Cutout, stored: list[str]) -> Renditions:
    """Store the cut-out in all sizes where the shop can show it."""
    try:
        files = cutting.renditions_of(object_store.read_cutout(cutout.png_key))
    except cutting.CannotCut as problem:
        raise Conflict(
            "cutout_not_ready", "The file of this cut-out is damaged; cut it out again."
        ) from problem
    return store_renditions(files, stored=stored)


def _note_choice(cutout: Cutout, renditions: Renditions, *, actor: str, at: datetime) -> None:
    unchanged = Cutout.objects.filter(
        pk=cutout.pk, png_key=cutout.png_key, status=cutout.status
    ).update(renditions=renditions)
    if not unchanged:
        raise Conflict("cutout_changed", "It was cut out anew meanwhile. Look at it again.")
    accepted = cutout.status == CutoutStatus.FLAGGED
    action = "accept_flagged_cutout" if accepted else "choose_cutout"
    changes = {"score": [None, cutout.score], "reasons": [None, cutout.reasons]}
    _record(cutout, action, changes, actor=actor, at=at)


def _take(cutout_id: UUID, *, run: int, at: datetime) -> _Claim | None:
    """Claim the run for this worker; None when it is over, or no longer the present one."""
    with transaction.atomic():
        cutout = (
            Cutout.objects.select_for_update(of=("self",))
            .select_related("picture")
            .filter(pk=cutout_id, run=run)
            .first()
        )
        if cutout is None or cutout.status not in _OPEN:
            return None
        if cutout.status == CutoutStatus.RUNNING:
            _take_from_the_dead(cutout, at=at)
            if cutout.status == CutoutStatus.FAILED:
                return None
        token = uuid4()
        states.transition(
            cutout,
            machine=CUTOUT_LIFE,
            to=CutoutStatus.RUNNING,
            actor=WORKER,
            at=at,
            attempts=cutout.attempts + 1,
            claim=token,
            claimed_until=at + CLAIM,
        )
    return _Claim(cutout.pk, cutout.picture.original_key, token, at, time.monotonic())


def _take_from_the_dead(cutout: Cutout, *, at: datetime) -> None:
    """Put back what a worker did not finish in time. Raises `Conflict` while it still may."""
    if cutout.claimed_until is not None and cutout.claimed_until > at:
        raise Conflict("cutout_running", "Another worker is cutting this picture out.")
    _end(cutout, "worker_died", at=at)


def _original(key: str) -> bytes:
    data = object_store.read_private(key, limit=MAX_BYTES)
    if data is None:
        raise cutting.CannotCut("picture_missing")
    return data


def _keep(claim: _Claim, cut: cutting.Cut) -> None:
    """Store a result and write it down, if the claim still holds; files of the last one go."""
    stored: list[str] = []
    try:
        stored.append(object_store.save_cutout(cut.png, kind="png"))
        stored.append(object_store.save_cutout(cut.preview, kind="webp"))
        unneeded = _write_result(claim, cut, png_key=stored[0], preview_key=stored[1])
    except _BROKEN_CONNECTION:
        raise
    except BaseException:
        object_store.discard(stored)
        raise
    object_store.discard(stored if unneeded is None else unneeded)


def _write_result(
    claim: _Claim, cut: cutting.Cut, *, png_key: str, preview_key: str
) -> list[str] | None:
    """Return the files that the new result replaces; None when the claim was lost meanwhile."""
    verdict = judge(cut.measures)
    with transaction.atomic():
        cutout = _held(claim)
        if cutout is None:
            return None
        replaced = [key for key in (cutout.png_key, cutout.preview_key) if key]
        shown = keys_of(cutout.picture.shown_renditions)
        replaced += sorted(keys_of(cutout.renditions) - shown)
        states.transition(
            cutout,
            machine=CUTOUT_LIFE,
            to=CutoutStatus.FLAGGED if verdict.reasons else CutoutStatus.DONE,
            actor=WORKER,
            at=claim.now(),
            reason=", ".join(verdict.reasons),
            claim=None,
            claimed_until=None,
            failure="",
            finished_at=claim.now(),
            model=cut.model,
            png_key=png_key,
            preview_key=preview_key,
            width=cut.width,
            height=cut.height,
            bytes=len(cut.png),
            score=verdict.score,
            measures=cut.measures,
            reasons=list(verdict.reasons),
            seconds=cut.seconds,
            renditions={},
        )
    return replaced


def _held(claim: _Claim) -> Cutout | None:
    """Lock the cut-out, if it is still this claim's; another worker may have taken it over."""
    return (
        Cutout.objects.select_for_update(of=("self",))
        .select_related("picture")
        .filter(pk=claim.cutout_id, claim=claim.token, status=CutoutStatus.RUNNING)
        .first()
    )


def _fail(claim: _Claim, code: str) -> None:
    with transaction.atomic():
        cutout = _held(claim)
        if cutout is not None:
            _move(cutout, CutoutStatus.FAILED, code, at=claim.now())


def _give_back(claim: _Claim, code: str, problem: Exception) -> None:
    """Let another start try; after the last, fail for good. Raises ``problem`` to be tried again.

    Whoever called runs this again later because of it.
    """
    with transaction.atomic():
        cutout = _held(claim)
        if cutout is None:
            return
        _end(cutout, code, at=claim.now())
    raise problem


def _end(cutout: Cutout, code: str, *, at: datetime) -> None:
    """Put an unfinished start back into the queue, or fail it for good when it was the last."""
    last = cutout.attempts >= MAX_STARTS
    _move(cutout, CutoutStatus.FAILED if last else CutoutStatus.QUEUED, code, at=at)


def _move(cutout: Cutout, to: CutoutStatus, code: str, *, at: datetime) -> None:
    is_over = to == CutoutStatus.FAILED
    states.transition(
        cutout,
        machine=CUTOUT_LIFE,
        to=to,
        actor=WORKER,
        at=at,
        reason=code,
        claim=None,
        claimed_until=None,
        failure=code if is_over else "",
        finished_at=at if is_over else None,
    )


def _discard_unshown(keys: Iterable[str], *, picture: Picture, kept: Renditions) -> None:
    """Remove renditions of an older cut-out that nothing shows any more."""
    needed = keys_of(picture.renditions) | keys_of(picture.shown_renditions) | keys_of(kept)
    object_store.discard(sorted(set(keys) - needed))


def _record(
    cutout: Cutout, action: str, changes: dict[str, list[object]], *, actor: str, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="catalog.picture",
        object_id=str(cutout.picture_id),
        changes=changes,
        at=at,
    )
