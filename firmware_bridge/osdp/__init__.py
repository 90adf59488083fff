"""OSDP readers over RS-485 (SIA OSDP 2.2, IEC 60839-11-5): the secure channel by libosdp, which is an optional extra.

`frames` (checked frames) -> `gate` (which of them may pass) -> `library` (libosdp) -> `link` (the conversation);
`pairing` gives a reader its key on the bench, `keys` keeps it in a file, `simulator` is a reader without hardware.
"""
