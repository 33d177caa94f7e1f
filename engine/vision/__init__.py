"""What is seen in a picture."""
