"""Messages, replies, forms and permissions of Discord."""
