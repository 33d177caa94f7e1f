"""What the families that draw with Wan's transformer and VAE share."""
