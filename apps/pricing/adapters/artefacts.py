"""Files of trained models in the private store: named by what is in them, and never believed.

What is read is compared with the SHA-256 that its version's row has; another file is refused.
"""

import hmac

from apps.pricing.rules.artefact import Artefact, BadArtefact, decode, digest, encode
from bakery.kernel.stores import discard_files, read_file, save_file

_FOLDER = "models"
# Many times what the largest booster takes.
LARGEST = 32 * 1024 * 1024


def store_artefact(artefact: Artefact) -> tuple[str, str]:
    """Write the file of ``artefact``; return its name in the store and its SHA-256.

    Raises `Unavailable`. Never inside a transaction.
    """
    data = encode(artefact)
    sha256 = digest(data)
    key = save_file(f"{_FOLDER}/{artefact.kind}/{artefact.name}-{sha256[:12]}.json", data)
    return key, sha256


def load_artefact(*, key: str, sha256: str) -> Artefact:
    """Return what the file ``key`` holds, if it is the very file that was written.

    Raises `BadArtefact` when it is missing, changed or unreadable, and `Unavailable`.
    """
    data = read_file(key, limit=LARGEST + 1)
    if data is None:
        raise BadArtefact("the file is missing")
    if not hmac.compare_digest(digest(data), sha256):
        raise BadArtefact("the file is not the one that was trained")
    return decode(data)


def discard_artefact(key: str) -> None:
    """Remove a file that no version names."""
    discard_files([key])
