"""How the fake says no: Discord's statuses, codes and sentences."""

from enum import Enum
from typing import Any


class Reason(Enum):
    """(HTTP status, Discord's JSON error code, its message)."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NO_SUCH_ROUTE = (404, 0, "404: Not Found")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    NO_MESSAGES_IN_FORUM = (400, 40058, "Cannot message this channel unless there is a thread")
    POST_NEEDS_TAG = (400, 40067, "A tag is required to create a forum post in this channel")
    TOO_LARGE = (413, 40005, "Request entity too large")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_YOUR_MESSAGE = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    TOKEN_EXPIRED = (401, 50027, "Invalid Webhook Token")
    NO_MUTUAL_GUILD = (403, 50278, "Cannot send messages to this user due to having no mutual guilds")
    NO_FOLLOW_UPS_LEFT = (400, 40094, "This interaction has reached its maximum number of follow up messages")
    INVALID_FORM = (400, 50035, "Invalid Form Body")


class Refusal(Exception):
    """A request that Discord would refuse.

    Attributes:
        status: The HTTP status.
        body: The JSON answer.
    """

    def __init__(self, reason: Reason, *faults: str) -> None:
        self.reason = reason
        self.faults = faults
        self.status, code, message = reason.value
        self.body: dict[str, Any] = {"message": message, "code": code}
        if faults:
            found = [{"code": "BASE_TYPE_INVALID", "message": fault} for fault in faults]
            self.body["errors"] = {"_errors": found}
        super().__init__(f"{message} ({code})" + "".join(f"; {fault}" for fault in faults))
