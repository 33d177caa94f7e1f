"""What a take shows: whether faces stay faces and letters stay letters, as far as the eyes see any."""

from engine.gate.meaning.fault import FAULTS, Fault
from engine.gate.meaning.look import find_faults

__all__ = ["FAULTS", "Fault", "find_faults"]
