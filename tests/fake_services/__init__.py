"""Fakes of the services that draw for money, over real sockets."""
