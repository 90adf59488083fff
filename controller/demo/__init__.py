"""A whole workshop on one computer: the two real programs, a broker, simulated readers, and people who come and go.

House rules: everybody and every price here is invented and says so; badges reach the controller as bytes on a
pseudo-terminal and in no other way; nothing of the programs behaves otherwise than in a workshop, but for the clock.
"""
