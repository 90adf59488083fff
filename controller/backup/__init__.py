"""Copies of everything that cannot be made again, and the way back from them.

House rules: a copy counts only when it was opened and read whole; the keys travel in a file of their own, sealed by a
passphrase that no machine holds; a restore is declared in the journal and the office, never silent.
"""
