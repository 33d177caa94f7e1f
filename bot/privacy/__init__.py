"""What members may ask of us about themselves."""
