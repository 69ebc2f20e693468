"""Heads of the audit chain, kept outside the database: what a cut tail is measured against."""

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from bakery.kernel import audit

logger = logging.getLogger(__name__)
FOLDER = "audit-heads"


def _signature(seq: int, digest: str, at: str) -> str:
    key = (settings.AUDIT_KEY or settings.SECRET_KEY).encode()
    return hmac.new(key, f"head:{seq}:{digest}:{at}".encode(), hashlib.sha256).hexdigest()


def keep(*, at: datetime) -> str | None:
    """Write the signed head to the default storage and to the log; return the file's name.

    None while the trail is empty. Must not be called inside a transaction: storage may be S3.
    """
    head = audit.head()
    if head is None:
        return None
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    content = {
        "seq": head.seq,
        "hash": head.hash,
        "at": moment,
        "signature": _signature(head.seq, head.hash, moment),
    }
    logger.info("audit head", extra={"object_id": head.seq, "state": head.hash[:32]})
    text = json.dumps(content, sort_keys=True)
    return default_storage.save(f"{FOLDER}/{moment}.json", ContentFile(text.encode()))


def latest() -> audit.Head | None:
    """Return the newest kept head whose signature holds, None when there is none."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return None
    for name in sorted(names, reverse=True):
        if head := _read(f"{FOLDER}/{name}"):
            return head
    return None


def _read(name: str) -> audit.Head | None:
    with default_storage.open(name) as file:
        try:
            content = json.loads(file.read())
            seq, digest, at = int(content["seq"]), str(content["hash"]), str(content["at"])
            signature = str(content["signature"])
        except (ValueError, KeyError, TypeError):
            return None
    genuine = hmac.compare_digest(signature, _signature(seq, digest, at))
    return audit.Head(seq, digest) if genuine else None
