"""``framekiln setup`` and ``framekiln update``: from nothing to a running bot, and to a newer one."""
