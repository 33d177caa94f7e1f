"""What the gate measures on a clip, one subject each."""
