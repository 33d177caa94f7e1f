"""What `/help` says."""
