"""The directory of the office: places, machines, people without names, badges, rights, locks, agreements.

House rules: every service takes a `Change` (transaction, who, when), checks its words, changes the tables,
the entries that come down to the controllers and the audit in that one transaction, and commits nothing
itself.
"""
