"""A language model that proposes other words for what a member wrote."""
