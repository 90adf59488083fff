"""What a month of an agreement comes to and who has what of it: income, expenses, check-list, closing, statements.

House rules: a provisional reckoning is kept nowhere, a final one is an entry of the ledger and never changes; every
figure of a statement comes from the closing's body alone. The books' own days, months and years are closed here too.
"""
