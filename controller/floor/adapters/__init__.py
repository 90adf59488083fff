"""What stands between the engine's ports and the real parts: pins, clock, service manager.

Importing a module of this folder opens nothing; an adapter touches its part when it is built.
"""
