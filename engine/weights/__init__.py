"""What engines draw with: known by name, fetched once, checked, and kept on this machine."""
