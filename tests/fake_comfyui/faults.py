"""What can go wrong at a ComfyUI server, ordered by a test."""

from enum import StrEnum, auto


class Fault(StrEnum):
    """One thing that goes wrong, once for each order."""

    CLOSES_SOCKET = auto()
    """The socket is closed in the middle of a job."""
    FORGETS = auto()
    """Queue, history and the running job are gone, as after a crash."""
    NODE_ERROR = auto()
    """A node raises; its message holds a path."""
    OUT_OF_MEMORY = auto()
    REFUSES = auto()
    """400 at the submit; the details hold a path."""
    SLOW = auto()
    """An answer takes longer than anybody waits."""
    BAD_GATEWAY = auto()
    """502 with a page of HTML, from a proxy."""
    FAILS = auto()
    """500 with plain text."""
    LOST_ANSWER = auto()
    """The job is taken, and the connection dies before the answer."""
    TWICE = auto()
    """A request arrives twice."""
    CACHED = auto()
    """Done at once, from the cache."""
    BROKEN_CLIP = auto()
    ENDLESS_CLIP = auto()
    """A file larger than anybody takes."""
    NO_OUTPUT = auto()
    GONE = auto()
    """The file of a finished job is not there any more."""
    CLEARED = auto()
    """Somebody clears the history at the moment when a job is done."""
    HUGE_PREVIEW = auto()
    """A message on the socket that is larger than anybody reads."""
    STOPPED = auto()
    """Another program stops whatever runs."""
    LOGIN = auto()
    """401: the proxy wants another login."""
    HUGE_ANSWER = auto()
    """More than anybody reads."""
    NONSENSE = auto()
    """JSON of another shape than ever was."""


SUBMITS = frozenset({Fault.REFUSES, Fault.LOST_ANSWER, Fault.TWICE, Fault.FAILS})
"""They happen at ``POST /prompt``."""

ANSWERS = frozenset({Fault.SLOW, Fault.BAD_GATEWAY, Fault.LOGIN, Fault.HUGE_ANSWER, Fault.NONSENSE})
"""They happen to whatever is asked next."""
