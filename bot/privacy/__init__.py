"""Members' rights over their data: export, erasure, opt-out."""
