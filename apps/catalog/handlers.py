"""Reactions to what happens to pictures."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.catalog import services
from apps.catalog.events import CutoutRequested, PictureStored
from bakery.kernel.errors import NotFound
from bakery.kernel.outbox import MEDIA, handles


@handles(PictureStored)
def request_cutout(event: PictureStored, *, at: datetime) -> None:
    """Have each new picture cut out, for staff to choose from."""
    if settings.CUTOUT_AUTOMATIC:
        try:
            services.request_cutout(picture_id=UUID(event.picture_id), at=at)
        except NotFound:
            return  # removed again before anybody got round to it


# Enough tries to outlast the claim of a worker that died, and the next one's too.
@handles(CutoutRequested, queue=MEDIA, external=True, max_attempts=30)
def cut_out(event: CutoutRequested, *, at: datetime) -> None:
    """Cut a cake out of its picture: seconds of CPU, outside any transaction."""
    services.run_cutout(cutout_id=UUID(event.cutout_id), run=event.run, at=at)
