"""Following a member's clip: finding the poses, depth or edges in it that a new clip shall have too.

:mod:`engine.following.needs` can be imported without torch.
"""
