"""The bridge to badge readers and boards on a serial line; imports nothing of the controller and is usable alone.

One word per layer, and a module speaks only its neighbours' words:
`transport` (bytes in and out, reconnects) -> `frames` (checked frames out of any stream) -> `link` (the
conversation: pure, time as an argument) -> `messages` (a badge presented, …) and, the other way, `commands` (light, …).
Each protocol is a folder with its `frames`, `link` and `simulator`; `drivers` lists them, `conversation` says what all
their links have in common. `reader` joins transport and conversation in one blocking thread, `decode` reads a capture.
"""
