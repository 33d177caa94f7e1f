"""What a clip says about its origin, and its signature."""
