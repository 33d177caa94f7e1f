"""Telling another program what happens to jobs: signed messages after Standard Webhooks 1.0."""
