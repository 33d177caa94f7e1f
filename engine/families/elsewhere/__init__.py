"""What draws on another machine. Which families there are of it, a program finds out when it starts."""

from __future__ import annotations

SPECS = ()
