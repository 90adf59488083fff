"""What runs on the board, in MicroPython; CPython imports all of it but `hal`, which alone touches hardware.

House rules: time is an argument in milliseconds that only grows; nothing waits but `hal`; every list has a limit;
whatever goes wrong, the relay is open. Names are those of the host: `frames` there is `framing` here.
"""
