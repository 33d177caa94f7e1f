"""What a clip says of its origin, and the signature below it."""
