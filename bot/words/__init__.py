"""Every word that a member or a moderator reads."""
