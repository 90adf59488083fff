"""The daemon at the machines: it reads badges, decides, switches relays, meters and keeps the journal.

Nothing here waits for the office, the broker or the network.
"""
