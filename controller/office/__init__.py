"""The office: directory of people and rights, ledger of money, statements, and the web door to them.

House rules: it never touches hardware and never imports the floor; a slow or broken office delays no tap.
Tables are declared once on the shared metadata (`tables_base`); only `dialect` modules hold SQL that one
database alone understands.
"""
