"""Translations: a PO file for each language, and what reads them."""
