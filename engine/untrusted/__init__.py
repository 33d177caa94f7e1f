"""Strangers' files, read in processes that can do nothing else."""
