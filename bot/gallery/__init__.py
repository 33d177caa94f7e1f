"""The gallery: clips that strangers may see, as plain pages, built into a folder or served."""
