"""A local S3: `python -m bakery.sandbox.s3 --port 8003 --bucket media`.

It keeps everything in memory and checks neither signatures nor expiry, so it serves for storing
and reading, not for proving that a presigned address is safe. With `--strict` it is SeaweedFS
instead, which does check, and prints the settings with which the platform uses it.
"""

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bakery.sandbox.engines.seaweed import SeaweedEngine

REGION = "us-east-1"


class S3Server:
    """An S3 endpoint in a background thread; `url` is its address. Port 0 takes a free port."""

    def __init__(self, *, port: int = 0, buckets: Sequence[str] = ()) -> None:
        # Imported here: moto is heavy, and most runs have no need of it.
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        self._buckets = tuple(buckets)
        self.url = ""

    def start(self) -> Self:
        """Start, make the buckets, and return when requests are answered."""
        import boto3

        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )
        for bucket in self._buckets:
            client.create_bucket(Bucket=bucket)
        return self

    def stop(self) -> None:
        """Stop; what was stored is gone."""
        self._server.stop()

    def reset(self) -> None:
        """Forget all objects, and make the buckets anew."""
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        backend.reset()
        for bucket in self._buckets:
            backend.create_bucket(bucket, REGION)

    def __enter__(self) -> Self:
        """Start on entering."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop on leaving."""
        self.stop()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m bakery.sandbox.s3", description=__doc__)
    parser.add_argument("--port", type=int, default=8003)
    parser.add_argument("--bucket", action="append", default=[])
    parser.add_argument("--strict", action="store_true", help="SeaweedFS, with signatures")
    given = parser.parse_args(argv)
    finished = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: finished.set())
    if given.strict:
        return _serve_strict(given.port, finished)
    with S3Server(port=given.port, buckets=given.bucket) as server:
        print(f"S3 at {server.url}", flush=True)
        finished.wait()
    return 0


def _serve_strict(port: int, finished: threading.Event) -> int:
    """Serve public, private and receipts' buckets until a signal; all is gone then."""
    with tempfile.TemporaryDirectory(prefix="bakery-s3-") as folder:
        engine = SeaweedEngine(directory=Path(folder), public=["pictures"], port=port)
        try:
            engine.start(buckets=["pictures", "private"])
            # Object lock is a bucket's from its first day.
            engine.client().create_bucket(Bucket="receipts", ObjectLockEnabledForBucket=True)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        settings = {
            "AWS_S3_ENDPOINT_URL": engine.url,
            "AWS_STORAGE_BUCKET_NAME": "pictures",
            "AWS_PRIVATE_BUCKET_NAME": "private",
            "AWS_RECEIPTS_BUCKET_NAME": "receipts",
            "RECEIPT_OBJECT_LOCK": "GOVERNANCE",
            "AWS_ACCESS_KEY_ID": engine.access_key,
            "AWS_SECRET_ACCESS_KEY": engine.secret_key,
        }
        print(" ".join(f"{name}={value}" for name, value in settings.items()), flush=True)
        finished.wait()
        engine.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
