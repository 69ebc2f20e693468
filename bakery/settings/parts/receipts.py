"""Receipts: what signs their files, where the files are kept, and for how long.

Keys and certificates are PEM: the text itself (line ends may be written ``\\n``) or a file's path.
"""

from typing import Any

from bakery.settings.environment import BASE_DIR, env
from bakery.settings.parts.security import RATE_LIMITS
from bakery.settings.parts.storage import AWS_S3_ENDPOINT_URL, STORAGES

RECEIPT_SIGNING_KEY = env("RECEIPT_SIGNING_KEY", default="")
# The signer's certificate, then those of its issuers up to one of the roots, without that one.
RECEIPT_SIGNING_CERTIFICATES = env("RECEIPT_SIGNING_CERTIFICATES", default="")
# Roots that a signature may lead to; those of retired certificates stay in it.
RECEIPT_TRUSTED_ROOTS = env("RECEIPT_TRUSTED_ROOTS", default="")
# SHA-256 of certificates that signed before; what they signed stays ours.
RECEIPT_RETIRED_SIGNERS = env.list("RECEIPT_RETIRED_SIGNERS", default=[])
# A timestamp server (RFC 3161) and the roots of its certificate; none: signed without.
RECEIPT_TIMESTAMP_URL = env("RECEIPT_TIMESTAMP_URL", default="")
RECEIPT_TIMESTAMP_ROOTS = env("RECEIPT_TIMESTAMP_ROOTS", default="")
RECEIPT_TIMESTAMP_SECONDS = 8
# Whether a file is made as soon as its document is issued; else the sweep makes it.
RECEIPT_SEALING_AUTOMATIC = env.bool("RECEIPT_SEALING_AUTOMATIC", default=True)
# Years after the end of the tax year. The law's least in Canada is six: CRA, "Where to keep your
# records, for how long" (Income Tax Act, s. 230(4)(b)); one more is for returns that come late.
RECEIPT_KEEP_YEARS = env.int("RECEIPT_KEEP_YEARS", default=7)
# The last day of the shop's tax year, month and day.
RECEIPT_TAX_YEAR_ENDS = env("RECEIPT_TAX_YEAR_ENDS", default="12-31")
# How long a link to a file in the API is good for, and one in a mail.
RECEIPT_LINK_SECONDS = env.int("RECEIPT_LINK_SECONDS", default=900)
RECEIPT_MAIL_LINK_DAYS = env.int("RECEIPT_MAIL_LINK_DAYS", default=30)
# Files that one address may have checked.
RATE_LIMITS["receipt_check"] = env("RATE_RECEIPT_CHECK", default="20/minute")
RECEIPT_ROOT = env.path("RECEIPT_ROOT", default=str(BASE_DIR / "var" / "receipts"))()
# A private bucket of their own, since object lock is a bucket's for good.
AWS_RECEIPTS_BUCKET_NAME = env("AWS_RECEIPTS_BUCKET_NAME", default="")
# GOVERNANCE or COMPLIANCE where the bucket has object lock; then S3 itself refuses to drop a file
# before its time.
RECEIPT_OBJECT_LOCK = env("RECEIPT_OBJECT_LOCK", default="")
_FOLDER: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": str(RECEIPT_ROOT), "base_url": None},
}
_BUCKET: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": AWS_RECEIPTS_BUCKET_NAME,
        "endpoint_url": AWS_S3_ENDPOINT_URL,
        "region_name": env("AWS_S3_REGION_NAME", default="us-east-1"),
        "addressing_style": "path",
        "signature_version": "s3v4",
        "file_overwrite": False,
    },
}
STORAGES["receipts"] = _BUCKET if AWS_RECEIPTS_BUCKET_NAME else _FOLDER
# The letters that receipts are drawn with; a page to be drawn may read nothing else.
RECEIPT_FONTS = BASE_DIR / "static" / "receipts" / "fonts"
