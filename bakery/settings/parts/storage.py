"""Files: local disk by default, S3 (or what speaks it) when AWS_STORAGE_BUCKET_NAME is set."""

from bakery.settings.environment import BASE_DIR, env

MEDIA_URL = env("MEDIA_URL", default="/media/")
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))()
AWS_STORAGE_BUCKET_NAME = env("AWS_STORAGE_BUCKET_NAME", default="")
AWS_S3_ENDPOINT_URL = env("AWS_S3_ENDPOINT_URL", default=None)
_S3 = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": AWS_STORAGE_BUCKET_NAME,
        "endpoint_url": AWS_S3_ENDPOINT_URL,
        "region_name": env("AWS_S3_REGION_NAME", default="us-east-1"),
        "addressing_style": "path",
        "signature_version": "s3v4",
        "file_overwrite": False,
        # What is kept here are the shop's public pictures: a plain address is what caches, and
        # the ETags of lists, can rely on. Private files get a storage of their own.
        "querystring_auth": False,
        "object_parameters": {"ServerSideEncryption": "AES256"},
    },
}
STORAGES = {
    "default": _S3
    if AWS_STORAGE_BUCKET_NAME
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
