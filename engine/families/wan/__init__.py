"""Wan 2.1 and 2.2: pictures and words become clips."""
