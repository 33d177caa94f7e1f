"""The owner's settings, and from them the policy of each part."""
