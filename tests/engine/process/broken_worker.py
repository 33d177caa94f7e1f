"""Workers that speak the wire's language badly, one for each word on the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time

SHA = "0" * 64


class Broken:
    def __init__(self, descriptor, protocol):
        self.protocol = protocol
        self.socket = socket.socket(fileno=descriptor)
        self.lines = self.socket.makefile("rb")
        self.lock = threading.Lock()

    def say(self, **message):
        self.shout(json.dumps(message).encode() + b"\n")

    def shout(self, line):
        with self.lock:
            self.socket.sendall(line)

    def hear(self):
        return json.loads(self.lines.readline())

    def be_ready(self):
        self.say(type="hello", version=self.protocol, news="of a later release")
        self.say(type="ready")
        threading.Thread(target=self.beat, daemon=True).start()
        self.hear()
        return self.hear()

    def beat(self):
        while True:
            self.say(type="beat", rss=1)
            time.sleep(0.1)

    def older(self):
        self.say(type="hello", version=self.protocol - 1)
        self.say(type="ready")
        self.hear()
        sys.stderr.write(f"got {self.lines.readline()!r}")
        time.sleep(60)

    def rude(self):
        self.say(type="ready")
        time.sleep(60)

    def garbage(self):
        self.be_ready()
        self.shout(b"\xff\x00{]\n")
        time.sleep(60)

    def endless(self):
        self.be_ready()
        for _ in range(40):
            self.shout(b"x" * 100_000)
        time.sleep(60)

    def result_outside(self):
        order = self.be_ready()
        self.say(type="result", job=order["job"], path="../../secret", sha256=SHA, receipt="{}")
        self.hear()

    def result_absolute(self):
        order = self.be_ready()
        self.say(type="result", job=order["job"], path="/etc/hostname", sha256=SHA, receipt="{}")
        self.hear()

    def result_missing(self):
        order = self.be_ready()
        self.say(type="result", job=order["job"], path="clip.mp4", sha256=SHA, receipt="{}")
        self.hear()

    def stale(self):
        order = self.be_ready()
        self.say(type="failed", job="earlier-1", failure="unsupported", code="E", text="late", detail="")
        self.say(type="progress", job="earlier-1", stage="encoding", fraction=1.0, take=1)
        self.say(type="failed", job=order["job"], failure="unsupported", code="E", text="on time", detail="")
        self.hear()

    def never_ready(self):
        self.say(type="hello", version=self.protocol)
        self.beat()

    def deaf(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.be_ready()
        time.sleep(60)

    def hang_up(self):
        self.be_ready()
        self.lines.close()
        self.socket.shutdown(socket.SHUT_RDWR)
        time.sleep(60)

    def dies_at_once(self):
        sys.stderr.write("no such library\n")
        sys.stderr.flush()
        os._exit(3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("how")
    parser.add_argument("protocol", type=int, help="importing it would take longer than all the rest")
    parser.add_argument("--fd", type=int)
    options, _ = parser.parse_known_args()
    getattr(Broken(options.fd, options.protocol), options.how)()
