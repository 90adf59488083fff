"""The office's ledger store: entries that nobody can change unseen, balances, wheels, signed heads and their
verification.

House rules: every function works on the caller's connection inside the caller's transaction; none commits.
The rules of what is posted are in `controller.domain`; the database itself refuses what breaks them
(`triggers`).
"""
