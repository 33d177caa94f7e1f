"""The line between the bot and the machines that draw for it: what is said, how, and by whom.

Both ends use this room. It knows neither Discord, nor the database, nor how a frame is drawn.
"""
