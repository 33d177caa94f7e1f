"""How the sketch reads a prompt, in many languages."""
