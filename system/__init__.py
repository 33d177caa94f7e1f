"""What differs between operating systems, behind one interface: locks, processes, limits, signals, modes.

``system.posix`` and ``system.windows`` hold the same functions with the same signatures; this package gives
those of the system that it runs on. It is for the other three packages to use, and knows none of them.
The Windows half has never run on Windows by our hands: docs/setup.md says what was tried, and how.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from system.windows import (
        Group,
        apart,
        bare_environment,
        begin_line,
        confine,
        crashed,
        die_with,
        file_of_bytes,
        give_way,
        hold_folder,
        killed_outright,
        limit_memory,
        lock,
        on_stop,
        open_line,
        other_owner,
        others_may,
        peak_bytes,
        peak_bytes_of_children,
        print_unicode,
        ran_out_of_time,
        reader_is_gone,
        resident_bytes,
        set_mode,
        sync,
        take_back,
        was_ended,
        writes_no_file,
    )
else:
    from system.posix import (
        Group,
        apart,
        bare_environment,
        begin_line,
        confine,
        crashed,
        die_with,
        file_of_bytes,
        give_way,
        hold_folder,
        killed_outright,
        limit_memory,
        lock,
        on_stop,
        open_line,
        other_owner,
        others_may,
        peak_bytes,
        peak_bytes_of_children,
        print_unicode,
        ran_out_of_time,
        reader_is_gone,
        resident_bytes,
        set_mode,
        sync,
        take_back,
        was_ended,
        writes_no_file,
    )

__all__ = [
    "Group",
    "apart",
    "bare_environment",
    "begin_line",
    "confine",
    "crashed",
    "die_with",
    "file_of_bytes",
    "give_way",
    "hold_folder",
    "killed_outright",
    "limit_memory",
    "lock",
    "on_stop",
    "open_line",
    "other_owner",
    "others_may",
    "peak_bytes",
    "peak_bytes_of_children",
    "print_unicode",
    "ran_out_of_time",
    "reader_is_gone",
    "resident_bytes",
    "set_mode",
    "sync",
    "take_back",
    "was_ended",
    "writes_no_file",
]
