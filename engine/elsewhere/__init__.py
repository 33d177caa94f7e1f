"""Takes that other machines draw: what talks to servers and services over the network."""
