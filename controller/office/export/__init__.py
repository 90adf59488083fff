"""What leaves the books: the accountant's journals, plain-text books, VAT by day, and the yearly archive.

House rules: every format is written from the ledger's entries and nothing else, in whole cents, and the same
history gives the same bytes. Account numbers, wordings and categories are dated settings (`chart`), never constants.
Members appear as the ledger's random account ids, if at all.
"""
