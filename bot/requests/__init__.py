"""From what a member asks to a job in the queue."""
