"""Engines that draw on another machine: the network's side of them, which runs in the bot's process."""
