"""What every button and form stands on. Each one is a class in its feature's own file, and found there."""
