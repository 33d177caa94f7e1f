"""What several commands stand on. It is no command, and not looked through for any."""
