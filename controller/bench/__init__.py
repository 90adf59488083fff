"""How long a tap takes, measured on the real path and beside the floor that this computer sets.

House rules: nothing here is imported by the programs it measures; every number says of how many it was taken and what
else ran; a measure that could not be taken says so and is never filled in.
"""
