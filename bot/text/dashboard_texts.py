"""Texts of the owner's dashboard."""

from __future__ import annotations

TITLE = "Framekiln dashboard"
LOG_IN, LOG_OUT = "Log in", "Log out"
KEY = "Owner's key"
KEY_HINT = "framekiln dashboard key makes one and shows it once. The one before ends."
WRONG_KEY = "That is not the owner's key."
TOO_MANY = "Too many wrong keys. Try again in a minute."
NOT_FROM_HERE = "This form did not come from the dashboard, or the login has ended. Load the page again."
UNKNOWN = "There is no such action."
SKIP = "Skip to the figures"
ACTIONS = "Actions"
REASON = "Reason, for the log"
LIVE, NOT_LIVE = "Live", "This page renews itself every 10 seconds."
PAUSE, DRAIN, RESUME, RESTART = "Pause", "Drain", "Resume", "Restart an engine"
PAUSE_HINT = "Start no more jobs in any server. Running jobs finish, waiting ones keep their place."
DRAIN_HINT = "Take no new jobs in any server. What waits is finished."
RESUME_HINT = "End the pause and the drain above. Those of moderators stay."
RESTART_HINT = "End the engine's process and begin another. Its job goes back to the front of the queue."
ENGINE = "Engine"

DONE = {
    "paused": "Paused: no job is started in any server.",
    "draining": "Draining: no new job is taken in any server.",
    "resumed": "Resumed.",
    "restarted": "The engine is being restarted.",
    "nothing": "It was so already; nothing has changed.",
}
"""What is said after an action, by the word in the address."""

NONE_YET = "None."


def flow(*, paused: bool, draining: bool) -> str:
    """How the owner has set the queue of all servers."""
    if paused and draining:
        return "You have paused the queue of every server, and it takes no new jobs."
    if paused:
        return "You have paused the queue of every server."
    if draining:
        return "The queue of every server takes no new jobs."
    return "The queue is running."
