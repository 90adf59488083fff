"""Invoices for organisations: what they say, their numbers, and the Factur-X file.

House rules: an issued invoice is never changed; a credit note puts it right.
"""
