"""The bridge to badge readers on a serial line; imports nothing of the controller and is usable alone.

One word per layer, and a module speaks only its neighbours' words:
`transport` (bytes in, reconnects) -> `frames` (checked frames out of any stream; `em4100` is a driver)
-> `link` (the conversation, pure, time as an argument) -> `messages` (a badge presented, removed).
`reader` joins them in one blocking thread, `decode` reads a capture, `simulator` is a reader on a pty.
"""
