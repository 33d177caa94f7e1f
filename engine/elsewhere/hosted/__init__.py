"""Hosted inference: services that draw takes for money.

A purchase is written down before a service is asked, and its id there at once after. A lost answer leaves it
*unknown*: it is looked for where the service can be asked, counts as spent, and is never asked for again.
"""
