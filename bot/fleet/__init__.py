"""The bot's side of many machines: who is there, who draws what, and what comes back."""
