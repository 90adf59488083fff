"""The Indivis board: a Raspberry Pi Pico at a machine, whose relay is a lease that silence ends.

`catalogue` holds every message of the line and its limits, `micropython` what runs on the board, and the other modules
the host's side. House rule: this file and the catalogue are imported by MicroPython too, so they import nothing.
"""
