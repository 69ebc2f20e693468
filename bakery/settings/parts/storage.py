"""Files: local disk by default, S3 (or what speaks it) when AWS_STORAGE_BUCKET_NAME is set.

``default`` holds what everybody may see, under random names; ``private`` holds originals and
what waits to be checked, and is never served by a plain address.
"""

from typing import Any
from urllib.parse import urlsplit

from bakery.settings.environment import BASE_DIR, env

# In production another host than the shop's, so that no uploaded byte shares its origin.
MEDIA_URL = env("MEDIA_URL", default="/media/")
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))()
PRIVATE_MEDIA_ROOT = env.path("PRIVATE_MEDIA_ROOT", default=str(BASE_DIR / "var" / "private"))()
AWS_STORAGE_BUCKET_NAME = env("AWS_STORAGE_BUCKET_NAME", default="")
AWS_PRIVATE_BUCKET_NAME = env("AWS_PRIVATE_BUCKET_NAME", default="")
AWS_S3_ENDPOINT_URL = env("AWS_S3_ENDPOINT_URL", default=None)
# How long a link to a private file, and leave to upload one, are good for.
PRIVATE_LINK_SECONDS = 60
PICTURE_UPLOAD_SECONDS = 900
_DISK = "django.core.files.storage.FileSystemStorage"
_COMMON: dict[str, Any] = {
    "endpoint_url": AWS_S3_ENDPOINT_URL,
    "region_name": env("AWS_S3_REGION_NAME", default="us-east-1"),
    "addressing_style": "path",
    "signature_version": "s3v4",
    "file_overwrite": False,
}
_MEDIA = urlsplit(MEDIA_URL)
_S3: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        **_COMMON,
        "bucket_name": AWS_STORAGE_BUCKET_NAME,
        # What is kept here are the shop's public pictures: a plain address is what caches, and
        # the ETags of lists, can rely on.
        "querystring_auth": False,
        "custom_domain": f"{_MEDIA.netloc}{_MEDIA.path}".rstrip("/") if _MEDIA.netloc else None,
        "object_parameters": {
            "ServerSideEncryption": "AES256",
            "CacheControl": "public, max-age=31536000, immutable",
        },
    },
}
_PRIVATE_S3: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        **_COMMON,
        "bucket_name": AWS_PRIVATE_BUCKET_NAME,
        "querystring_auth": True,
        "querystring_expire": PRIVATE_LINK_SECONDS,
        "object_parameters": {"ServerSideEncryption": "AES256", "CacheControl": "no-store"},
    },
}
STORAGES = {
    "default": _S3 if AWS_STORAGE_BUCKET_NAME else {"BACKEND": _DISK},
    "private": _PRIVATE_S3
    if AWS_PRIVATE_BUCKET_NAME
    else {"BACKEND": _DISK, "OPTIONS": {"location": str(PRIVATE_MEDIA_ROOT), "base_url": None}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
