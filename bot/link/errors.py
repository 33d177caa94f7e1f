"""What can go wrong on the line.

LinkError                the root
├── NotAMessage          bytes that no peer of this protocol would send
├── BadInvitation        a line that is no invitation; the text is for the person who pasted it
├── LineDown             there is no connection now; it comes back by itself
│   └── WrongPrint       what answers there has another certificate than the invitation says
├── LoginRefused         the broker does not know this key, or no longer
├── NobodyThere          the broker is there, and whoever should answer is not
├── NoAnswer             no answer came in time; it may have been heard all the same
├── Declined             a piece was asked for, and the other side says why it gives none
└── WrongContent         what came is not what was promised
"""

from __future__ import annotations


class LinkError(Exception):
    """Something went wrong on the line."""


class NotAMessage(LinkError):
    """Bytes that no peer of this protocol would send."""


class BadInvitation(LinkError):
    """A line that is no invitation; the text is for the person who pasted it."""


class LineDown(LinkError):
    """There is no connection now; it comes back by itself."""


class WrongPrint(LineDown):
    """What answers there has another certificate than the invitation says."""


class LoginRefused(LinkError):
    """The broker does not know this key, or no longer."""


class NobodyThere(LinkError):
    """The broker is there, and whoever should answer is not."""


class NoAnswer(LinkError):
    """No answer came in time; it may have been heard all the same."""


class Declined(LinkError):
    """A piece was asked for, and the other side says why it gives none."""


class WrongContent(LinkError):
    """What came is not what was promised."""
