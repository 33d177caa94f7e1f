"""Commands that look at a few rows of the database, or change them, beside a running bot."""
