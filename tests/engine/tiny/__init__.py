"""Small random weights in the layouts of the real repositories: production code loads them as they are."""
