"""Looks: what is laid over the frames of a clip after they are drawn, judged and smoothed.

A look is deterministic: the same frames, seed and amount give the same bytes. It needs no weights; where the
eyes' are here, it knows where faces and letters are, and keeps them whole.
"""
