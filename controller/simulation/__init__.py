"""A whole workshop of many days in one process: the real rules, engine, look-up and overlay, on fakes that can break.

House rules: everything that happens comes from a seed; after each step what must always hold is looked at, and a find
is told with its seed, its step and how to see it again. Everybody and every price is invented.
"""
