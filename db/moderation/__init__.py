"""What moderators decide, and what they are asked."""
