"""Reads of cut-outs: one picture's, with everything that a person choosing must see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from apps.catalog.models import Cutout, CutoutTransition, Picture
from apps.catalog.rules.cutout_verdict import FAILURES, LIMITS, REASONS
from apps.catalog.states import CutoutStatus
from bakery.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a cut-out beside its limit, both as a share of 1."""

    name: str
    words: str
    value: float
    limit: float

    @property
    def is_over(self) -> bool:
        """Tell whether the cut-out is flagged for it."""
        return self.value > self.limit


@dataclass(frozen=True, slots=True)
class CutoutView:
    """A picture with its cut-out, which may not have been asked for yet."""

    picture: Picture
    cutout: Cutout | None
    reasons: tuple[str, ...]
    failure: str
    measures: tuple[Measure, ...]

    @property
    def status(self) -> str:
        """The cut-out's status, or "none"."""
        return self.cutout.status if self.cutout else "none"

    @property
    def is_open(self) -> bool:
        """Tell whether a result is still to come."""
        return self.status in {CutoutStatus.QUEUED, CutoutStatus.RUNNING}

    @property
    def has_result(self) -> bool:
        """Tell whether there is a finished cut-out to look at, perhaps of an earlier run."""
        return bool(self.cutout and self.cutout.png_key)

    @property
    def may_be_chosen(self) -> bool:
        """Tell whether the result is the present one; a flagged one asks for a person's word."""
        return self.status in {CutoutStatus.DONE, CutoutStatus.FLAGGED}


def cutout_view(picture_id: UUID) -> CutoutView:
    """Return a picture with its cut-out. Raises `NotFound`."""
    picture = Picture.objects.select_related("product", "cutout").filter(pk=picture_id).first()
    if picture is None:
        raise NotFound("picture_not_found", "There is no such picture.")
    cutout: Cutout | None = getattr(picture, "cutout", None)
    if cutout is None:
        return CutoutView(picture, None, (), "", ())
    return CutoutView(
        picture=picture,
        cutout=cutout,
        # A code that a later release no longer knows is shown as it is.
        reasons=tuple(REASONS.get(code, code) for code in cutout.reasons),
        failure=FAILURES.get(cutout.failure, cutout.failure),
        measures=tuple(
            Measure(name, REASONS[name], float(cutout.measures[name]), limit)
            for name, limit in LIMITS.items()
            if name in cutout.measures
        ),
    )


def cutout_history(cutout: Cutout | None) -> Sequence[CutoutTransition]:
    """Return the latest moves of a cut-out, the newest first."""
    return list(cutout.history.order_by("-at", "-pk")[:20]) if cutout else []


def cutout_key(picture_id: UUID, *, is_preview: bool) -> str:
    """Return the private file of the cut-out: its PNG in full, or its WebP preview.

    Raises `NotFound`.
    """
    cutout = Cutout.objects.filter(picture_id=picture_id).exclude(png_key="").first()
    if cutout is None:
        raise NotFound("cutout_not_found", "There is no cut-out of this picture.")
    return cutout.preview_key if is_preview else cutout.png_key


def console_pictures() -> QuerySet[Picture]:
    """Return all pictures with what the console's list shows of each, the newest first."""
    return Picture.objects.select_related("product", "cutout").order_by("-created_at", "-pk")
