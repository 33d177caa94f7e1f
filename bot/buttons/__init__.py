"""The buttons under jobs and clips."""
