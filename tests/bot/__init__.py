"""Tests of the bot, in the same folders."""
