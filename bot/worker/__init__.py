"""The program that draws for a bot on another machine. It needs neither Discord nor a database."""
