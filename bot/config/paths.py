"""Names of the files and folders in the data folder. Light, so that ``--help`` costs nothing."""

from __future__ import annotations

DATABASE = "framekiln.db"
BACKUPS = "backups"
BLOBS = "blobs"
CALIBRATION = "gate.json"
"""What ``framekiln calibrate`` writes, and the engine reads."""
TRIED = "tried.json"
"""What ``framekiln try`` measured, and ``framekiln doctor --gpu`` reads."""
OWN_DIGESTS = "own_digests.json"
"""What the owner's checkpoints and styles add up to, so that they are read once."""
OUTBOX = "outbox"
"""The folder of clips that are about to be posted."""
WORKERS = "workers"
"""The folder of the keys, the certificate and the configuration of the broker."""
SPOOL = "spool"
"""The folder of what the engine is working on."""
OWN_FOLDERS = frozenset({BACKUPS, BLOBS, OUTBOX, SPOOL, WORKERS, "compiled", "damaged", "erased", "identity"})
"""Every folder that the bot makes in the data folder."""
