"""The rules of Indivis, as pure functions over frozen values.

House rules: the standard library only; no clock, no disk, no thread, no log and no randomness.
Time is an argument and a result, so the same history always gives the same decisions.
"""
