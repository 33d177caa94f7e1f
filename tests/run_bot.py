"""Run the real program against the fake: `python -m tests.run_bot --api … --gateway … -- …`.

It ends with the process that started it: a test run that is killed leaves no bot behind. It stands outside
the fake's package, whose server it would import for nothing.
"""

import argparse
import runpy
import sys

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from system import die_with


def main() -> None:
    """Point discord.py at the fake, then be `python -m bot`."""
    parser = argparse.ArgumentParser(prog="run_bot")
    parser.add_argument("--api", required=True, help="http://127.0.0.1:PORT/api/v10")
    parser.add_argument("--gateway", required=True, help="ws://127.0.0.1:PORT/gateway")
    parser.add_argument("--parent", type=int, required=True, help="the process that it must not outlive")
    parser.add_argument("--module", default="bot", help="what to run in its place")
    parser.add_argument("rest", nargs="*", help="after --: the program's own arguments")
    args = parser.parse_args()
    die_with(args.parent)
    Route.BASE = args.api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(args.gateway)
    sys.argv = ["bot", *args.rest]
    runpy.run_module(args.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
