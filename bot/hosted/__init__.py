"""Services that draw for money: their consent, their budget, and the messages that they send."""
