"""The database file: connection, schema, lock, backup, rescue."""
